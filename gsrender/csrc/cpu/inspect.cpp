// What blending did, pixel by pixel: the lists once more, without colours. A thread takes a tile at a time.
#include "cpu.h"

// Rows of a tile, whose upper edge is `top`, that a splat shows in.
static void rows_of(const GsSplat &s, int top, int &first, int &end) {
    const Outline o = outline_of(s);
    const float half = o.reach > 0 ? extent_of(o).tall : -1.0f;
    first = int(clampf(ceilf(s.y - half - top), 0, GS_TILE));
    end = int(clampf(floorf(s.y + half - top) + 1, 0, GS_TILE));
}

static void inspect_tile(const GsView &view, const GsBuffers &buffers, const GsInspection &inspection, int tile) {
    const int left = tile % tile_columns(view) * GS_TILE, top = tile / tile_columns(view) * GS_TILE;
    Inspected pixels[GS_TILE][GS_TILE];
    for (auto &row : pixels)
        for (Inspected &pixel : row) pixel = {{1.0f, 1.0f}, 0, -1};
    for (unsigned pair = buffers.pair_from_tile[tile]; pair < buffers.pair_from_tile[tile + 1]; pair++) {
        const int index = splat_of(buffers.pairs[pair]);
        const GsSplat &s = buffers.splats[index];
        int first, end;
        rows_of(s, top, first, end);
        for (int row = first; row < end; row++)
            for (int column = 0; column < GS_TILE; column++)
                inspect_one(s, index, float(left + column), float(top + row), inspection.opacity, pixels[row][column]);
    }
    for (int row = 0; row < GS_TILE && top + row < view.height; row++)
        for (int column = 0; column < GS_TILE && left + column < view.width; column++) {
            const size_t at = size_t(top + row) * view.width + left + column;
            inspection.blended[at] = pixels[row][column].blended;
            inspection.front[at] = pixels[row][column].front;
        }
}

int gs_inspect(const GsView *view, const GsBuffers *buffers, const GsInspection *inspection, void *) {
    const int tiles = tile_columns(*view) * tile_rows(*view);
#pragma omp parallel for schedule(dynamic)
    for (int tile = 0; tile < tiles; tile++) inspect_tile(*view, *buffers, *inspection, tile);
    return 0;
}
