// Splats -> pairs by tile, then depth, then index. The splats are cut into slices: a thread counts the pairs of a slice
// in each tile, and when all are summed up it puts them in their places, so that every tile has its own by index. Then
// a thread takes a tile at a time and sorts them by depth.
#include "cpu.h"

#include <algorithm>

enum { SLICES = 32, PASSES = 3, MOST_DIGITS = 1 << 11, FEW = 64 }; // 3 x 11 bits cover the 32 of a float

SortScratch::SortScratch(Arena &arena, const GsView &view, const GsBuffers &buffers) {
    shows = arena.take<unsigned>(buffers.gaussian_capacity);
    next = arena.take<unsigned>(size_t(SLICES + 1) * tile_columns(view) * tile_rows(view));
    unsorted = arena.take<unsigned long long>(buffers.pair_capacity);
}

// Calls visit(tile, bit) for the tiles that a splat shows in; they are counted from 0 within its rectangle by `bit`.
template <typename Visit> static void find_tiles(const GsSplat &s, int columns, Visit visit) {
    const TileRect t = tiles_of(s);
    const Outline outline = outline_of(s);
    const Extent extent = extent_of(outline);
    for (int y = t.top; y < t.bottom; y++) {
        float x0, x1; // a row of tiles at a time: testing each tile took three times as long
        if (!span_of(outline, extent, float(y * GS_TILE), float(y * GS_TILE + GS_TILE - 1), x0, x1)) continue;
        const int first = int(ceilf((x0 - (GS_TILE - 1)) / GS_TILE)), last = int(floorf(x1 / GS_TILE));
        const int bits = (y - t.top) * (t.right - t.left) - t.left;
        for (int x = first > t.left ? first : t.left; x <= last && x < t.right; x++) visit(y * columns + x, bits + x);
    }
}

// Whether the tiles of a splat fit into a word of bits, so that they need not be found anew.
static bool is_kept(TileRect t) { return area(t) <= 32; }

// The same tiles, found before.
template <typename Visit> static void kept_tiles(TileRect t, unsigned shows, int columns, Visit visit) {
    const int wide = t.right - t.left;
    for (int tile = t.top * columns + t.left; shows; tile += columns, shows = wide < 32 ? shows >> wide : 0)
        for (int x = 0; x < wide; x++)
            if (shows >> x & 1) visit(tile + x);
}

static void count_slice(const GsBuffers &buffers, SortScratch &scratch, int begin, int end, int columns,
                        unsigned *counts) {
    for (int i = begin; i < end; i++) {
        const TileRect t = tiles_of(buffers.splats[i]);
        if (is_empty(t)) continue;
        unsigned shows = 0;
        find_tiles(buffers.splats[i], columns, [&](int tile, int bit) { counts[tile]++, shows |= 1u << (bit & 31); });
        if (is_kept(t)) scratch.shows[i] = shows;
    }
}

static void fill_slice(const GsBuffers &buffers, SortScratch &scratch, int begin, int end, int columns,
                       unsigned *next) {
    for (int i = begin; i < end; i++) {
        const GsSplat &s = buffers.splats[i];
        const TileRect t = tiles_of(s);
        if (is_empty(t)) continue;
        const unsigned long long pair = pair_of(i, s.z);
        const auto put = [&](int tile) {
            if (next[tile] < buffers.pair_capacity) scratch.unsorted[next[tile]++] = pair;
        };
        if (is_kept(t))
            kept_tiles(t, scratch.shows[i], columns, put);
        else
            find_tiles(s, columns, [&](int tile, int) { put(tile); });
    }
}

// Counts by slice and tile -> where the pairs of each slice go in each tile, and pair_from_tile.
static void sum_up(const GsBuffers &buffers, unsigned *counts, int tiles) {
    const unsigned capacity = unsigned(buffers.pair_capacity); // less than 2^31, as counts are
    unsigned *sums = counts + size_t(SLICES) * tiles;
    memset(sums, 0, sizeof(unsigned) * tiles);
    for (int slice = 0; slice < SLICES; slice++)
        for (int tile = 0; tile < tiles; tile++) sums[tile] += counts[size_t(slice) * tiles + tile];
    long long pairs = 0;
    for (int tile = 0; tile < tiles; tile++) {
        buffers.pair_from_tile[tile] = unsigned(fitting(pairs, capacity));
        pairs += sums[tile];
        sums[tile] = buffers.pair_from_tile[tile];
    }
    buffers.pair_from_tile[tiles] = unsigned(fitting(pairs, capacity));
    buffers.counts->pairs = pairs;
    for (int slice = 0; slice < SLICES; slice++)
        for (int tile = 0; tile < tiles; tile++) {
            unsigned &count = counts[size_t(slice) * tiles + tile];
            const unsigned after = sums[tile] + count;
            count = sums[tile], sums[tile] = after < capacity ? after : capacity;
        }
}

// Sorts by depth what is sorted by index: a stable radix sort of those bits that differ.
static void sort_tile(unsigned long long *unsorted, unsigned long long *sorted, int count) {
    if (count <= FEW) {
        memcpy(sorted, unsorted, sizeof *sorted * count);
        std::sort(sorted, sorted + count);
        return;
    }
    unsigned differ = 0;
    for (int i = 1; i < count; i++) differ |= unsigned((unsorted[i] ^ unsorted[0]) >> 32);
    int bits = 1;
    while (bits * PASSES < 32 && differ >> bits * PASSES) bits++;
    const int digits = 1 << bits;
    const auto digit = [&](unsigned long long pair, int pass) {
        return unsigned(pair >> (32 + pass * bits)) & (digits - 1);
    };
    int first[PASSES][MOST_DIGITS];
    for (auto &counts : first) memset(counts, 0, sizeof(int) * digits);
    for (int i = 0; i < count; i++)
        for (int pass = 0; pass < PASSES; pass++) first[pass][digit(unsorted[i], pass)]++;
    for (int pass = 0; pass < PASSES; pass++, std::swap(unsorted, sorted)) {
        exclusive_sum(first[pass], digits);
        for (int i = 0; i < count; i++) sorted[first[pass][digit(unsorted[i], pass)]++] = unsorted[i];
    }
}

int sort(const GsModel &, const GsView &view, const GsBuffers &buffers) {
    Arena arena(buffers.scratch);
    SortScratch scratch(arena, view, buffers);
    const long long gaussians = fitting(buffers.counts->gaussians, buffers.gaussian_capacity);
    const int columns = tile_columns(view), tiles = columns * tile_rows(view);
    const auto begin_of = [&](int slice) { return int(gaussians * slice / SLICES); };
#pragma omp parallel for schedule(dynamic)
    for (int slice = 0; slice < SLICES; slice++) {
        unsigned *counts = scratch.next + size_t(slice) * tiles;
        memset(counts, 0, sizeof(unsigned) * tiles);
        count_slice(buffers, scratch, begin_of(slice), begin_of(slice + 1), columns, counts);
    }
    sum_up(buffers, scratch.next, tiles);
#pragma omp parallel for schedule(dynamic)
    for (int slice = 0; slice < SLICES; slice++)
        fill_slice(buffers, scratch, begin_of(slice), begin_of(slice + 1), columns,
                   scratch.next + size_t(slice) * tiles);
#pragma omp parallel for schedule(dynamic, 16) // tiles are small, and lie beside each other in memory
    for (int tile = 0; tile < tiles; tile++) {
        const unsigned first = buffers.pair_from_tile[tile];
        sort_tile(scratch.unsorted + first, buffers.pairs + first, int(buffers.pair_from_tile[tile + 1] - first));
    }
    return 0;
}
