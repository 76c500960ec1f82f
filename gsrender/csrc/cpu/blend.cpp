// Sorted pairs -> the picture. A thread takes a tile at a time; a row of 16 pixels is a vector.
#include "cpu.h"

struct alignas(64) Tile {
    float transmittance[GS_TILE][GS_TILE], live[GS_TILE][GS_TILE];
    float red[GS_TILE][GS_TILE], green[GS_TILE][GS_TILE], blue[GS_TILE][GS_TILE], z[GS_TILE][GS_TILE];
};

// Takes the splat by value, so that the compiler knows that writing a pixel does not change it.
static void add_splat(Tile &tile, const GsSplat s, int left, int top) {
    int first, end;
    rows_of(s, top, first, end);
    for (int row = first; row < end; row++) {
        const float dx = s.x - left, dy = s.y - (top + row);
        float *transmittances = tile.transmittance[row], *lives = tile.live[row];
        float *red = tile.red[row], *green = tile.green[row], *blue = tile.blue[row], *z = tile.z[row];
#pragma omp simd
        for (int column = 0; column < GS_TILE; column++) {
            Pixel after;
            const float alpha = alpha_at(s.conic[0], s.conic[1], s.conic[2], s.opacity, dx - column, dy);
            const float weight = blend_one(alpha, {transmittances[column], lives[column]}, after);
            transmittances[column] = after.transmittance, lives[column] = after.live;
            red[column] += weight * s.colour[0];
            green[column] += weight * s.colour[1];
            blue[column] += weight * s.colour[2];
            z[column] += weight * s.z;
        }
    }
}

static bool is_finished(const Tile &tile) {
    float live = 0;
    for (int row = 0; row < GS_TILE; row++)
        for (int column = 0; column < GS_TILE; column++) live = maxf(live, tile.live[row][column]);
    return live == 0;
}

static void write_tile(const Tile &tile, const GsView &view, const GsBuffers &buffers, int left, int top) {
    for (int row = 0; row < GS_TILE && top + row < view.height; row++)
        for (int column = 0; column < GS_TILE && left + column < view.width; column++) {
            const size_t pixel = size_t(top + row) * view.width + left + column;
            const float through = tile.transmittance[row][column], covered = 1.0f - through;
            const float rgb[3] = {tile.red[row][column] + through * view.background[0],
                                  tile.green[row][column] + through * view.background[1],
                                  tile.blue[row][column] + through * view.background[2]};
            unsigned char *rgba = view.rgba + 4 * pixel;
            for (int c = 0; c < 3; c++) rgba[c] = byte_of(rgb[c]);
            rgba[3] = 255;
            if (buffers.rgb) memcpy(buffers.rgb + 3 * pixel, rgb, sizeof rgb);
            if (buffers.alpha) buffers.alpha[pixel] = covered;
            if (buffers.z) buffers.z[pixel] = covered > 0 ? tile.z[row][column] / covered : INFINITY;
        }
}

int blend(const GsModel &, const GsView &view, const GsBuffers &buffers) {
    const int columns = tile_columns(view), tiles = columns * tile_rows(view);
#pragma omp parallel for schedule(dynamic)
    for (int t = 0; t < tiles; t++) {
        const int left = t % columns * GS_TILE, top = t / columns * GS_TILE;
        Tile tile = {};
        for (int row = 0; row < GS_TILE; row++)
            for (int column = 0; column < GS_TILE; column++) {
                tile.transmittance[row][column] = 1;
                // What sticks out of the picture is finished from the start, or its tiles never would be.
                tile.live[row][column] = top + row < view.height && left + column < view.width;
            }
        const unsigned first = buffers.pair_from_tile[t], end = buffers.pair_from_tile[t + 1];
        for (unsigned pair = first; pair < end; pair++) {
            add_splat(tile, buffers.splats[splat_of(buffers.pairs[pair])], left, top);
            // Asking is as dear as a few rows of blending, so not after every splat.
            if ((pair - first) % 32 == 31 && is_finished(tile)) break;
        }
        write_tile(tile, view, buffers, left, top);
    }
    return 0;
}
