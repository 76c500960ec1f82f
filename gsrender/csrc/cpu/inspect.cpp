// What blending did, pixel by pixel: the lists once more, without colours.
#include "cpu.h"

int gs_inspect(const GsView *view, const GsBuffers *buffers, const GsInspection *inspection, void *) {
    const int columns = tile_columns(*view);
#pragma omp parallel for schedule(dynamic, 4)
    for (int y = 0; y < view->height; y++)
        for (int x = 0; x < view->width; x++) {
            const int tile = y / GS_TILE * columns + x / GS_TILE;
            Inspected seen = {{1.0f, 1.0f}, 0, -1};
            for (unsigned pair = buffers->pair_from_tile[tile]; pair < buffers->pair_from_tile[tile + 1]; pair++) {
                const int splat = splat_of(buffers->pairs[pair]);
                inspect_one(buffers->splats[splat], splat, float(x), float(y), inspection->opacity, seen);
                if (seen.pixel.live == 0.0f && seen.front >= 0) break;
            }
            inspection->blended[size_t(y) * view->width + x] = seen.blended;
            inspection->front[size_t(y) * view->width + x] = seen.front;
        }
    return 0;
}
