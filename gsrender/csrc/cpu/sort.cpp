// Splats -> pairs by tile, then depth, then index: one stable radix sort by depth, then one counting sort into tiles.
#include "cpu.h"

#include <omp.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, PASSES = 3 }; // 3 x 11 bits cover the 32 of a float

SortScratch::SortScratch(Arena &arena, const GsView &view, const GsBuffers &buffers) {
    for (int side = 0; side < 2; side++) {
        key[side] = arena.take<unsigned>(buffers.gaussian_capacity);
        splat[side] = arena.take<int>(buffers.gaussian_capacity);
    }
    end = arena.take<unsigned>(size_t(tile_columns(view)) * tile_rows(view));
}

// Returns which side of the double buffer holds the result.
static int sort_by_depth(SortScratch &scratch, int count) {
    int from = 0;
    for (int pass = 0; pass < PASSES; pass++, from ^= 1) {
        const int shift = pass * DIGIT_BITS;
        int first[DIGITS] = {};
        for (int i = 0; i < count; i++) first[(scratch.key[from][i] >> shift) & (DIGITS - 1)]++;
        exclusive_sum(first, DIGITS);
        for (int i = 0; i < count; i++) {
            const int to = first[(scratch.key[from][i] >> shift) & (DIGITS - 1)]++;
            scratch.key[from ^ 1][to] = scratch.key[from][i];
            scratch.splat[from ^ 1][to] = scratch.splat[from][i];
        }
    }
    return from;
}

// Calls visit(splat, tile) for every tile that a splat shows in, within rows of tiles.
template <typename Visit> static void for_tiles(const GsBuffers &buffers, const int *sorted, int count, int columns,
                                                int top, int bottom, Visit visit) {
    for (int i = 0; i < count; i++) {
        const GsSplat &s = buffers.splats[sorted[i]];
        const TileRect t = tiles_of(s);
        if (t.bottom <= top || t.top >= bottom) continue;
        const Outline outline = outline_of(s);
        const Extent extent = extent_of(outline);
        for (int y = t.top > top ? t.top : top; y < (t.bottom < bottom ? t.bottom : bottom); y++) {
            float x0, x1; // a row of tiles at a time: testing each tile took three times as long
            if (!span_of(outline, extent, float(y * GS_TILE), float(y * GS_TILE + GS_TILE - 1), x0, x1)) continue;
            const int first = int(ceilf((x0 - (GS_TILE - 1)) / GS_TILE)), last = int(floorf(x1 / GS_TILE));
            for (int x = first > t.left ? first : t.left; x <= last && x < t.right; x++)
                visit(sorted[i], y * columns + x);
        }
    }
}

int sort(const GsModel &, const GsView &view, const GsBuffers &buffers) {
    Arena arena(buffers.scratch);
    SortScratch scratch(arena, view, buffers);
    const int gaussians = int(fitting(buffers.counts->gaussians, buffers.gaussian_capacity));
    const int columns = tile_columns(view), rows = tile_rows(view);
    int drawn = 0;
    for (int i = 0; i < gaussians; i++)
        if (!is_empty(tiles_of(buffers.splats[i])))
            scratch.key[0][drawn] = depth_bits(buffers.splats[i].z), scratch.splat[0][drawn++] = i;
    const int *sorted = scratch.splat[sort_by_depth(scratch, drawn)];

    // Each thread owns some rows of tiles and walks over all splats, so that every tile is filled from near to far.
    memset(scratch.end, 0, sizeof(unsigned) * columns * rows);
    long long pairs = 0;
#pragma omp parallel
    {
        const int top = rows * omp_get_thread_num() / omp_get_num_threads();
        const int bottom = rows * (omp_get_thread_num() + 1) / omp_get_num_threads();
        for_tiles(buffers, sorted, drawn, columns, top, bottom, [&](int, int tile) { scratch.end[tile]++; });
#pragma omp barrier
#pragma omp single
        {
            for (int tile = 0; tile < columns * rows; tile++) {
                buffers.pair_from_tile[tile] = unsigned(fitting(pairs, buffers.pair_capacity));
                const unsigned count = scratch.end[tile];
                scratch.end[tile] = buffers.pair_from_tile[tile];
                pairs += count;
            }
            buffers.pair_from_tile[columns * rows] = unsigned(fitting(pairs, buffers.pair_capacity));
            buffers.counts->pairs = pairs;
        }
        for_tiles(buffers, sorted, drawn, columns, top, bottom, [&](int splat, int tile) {
            if (scratch.end[tile] < buffers.pair_from_tile[tile + 1])
                buffers.pairs[scratch.end[tile]++] = pair_of(splat, buffers.splats[splat].z);
        });
    }
    return 0;
}
