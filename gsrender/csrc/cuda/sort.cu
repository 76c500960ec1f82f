// Splats -> pairs by tile, then depth, then index: a scan says where a splat's pairs go, one stable radix sort of
// (tile, depth bits) orders them. The sort runs over the whole capacity, since cub takes its count from the host; keys
// behind the last pair are all ones and stay there.
#include "cuda.h"

static int bits_for(unsigned values) {
    int bits = 1;
    while (values >> bits) bits++;
    return bits;
}

SortScratch::SortScratch(Arena &arena, const GsView &view, const GsBuffers &buffers) {
    const long long pairs = buffers.pair_capacity, gaussians = buffers.gaussian_capacity;
    tiles = arena.take<unsigned>(gaussians);
    key[0] = arena.take<uint64_t>(pairs), key[1] = arena.take<uint64_t>(pairs);
    splat = arena.take<int>(pairs);
    // One value more than there are tiles, for the keys behind the last pair.
    key_bits = 32 + bits_for(unsigned(tile_columns(view)) * tile_rows(view));
    scan_bytes = sort_bytes = 0;
    cub::DeviceScan::ExclusiveSum(nullptr, scan_bytes, tiles, buffers.pair_from_splat, gaussians);
    cub::DeviceRadixSort::SortPairs(nullptr, sort_bytes, key[0], key[1], splat, buffers.splat_from_pair, pairs, 0, key_bits);
    cub = arena.take<char>(scan_bytes > sort_bytes ? scan_bytes : sort_bytes);
}

static __global__ void count_tiles(GsBuffers buffers, unsigned *tiles) {
    const long long count = fitting(buffers.counts->gaussians, buffers.gaussian_capacity);
    for (long long i = thread_index(); i < buffers.gaussian_capacity; i += thread_count())
        tiles[i] = i < count ? area(tiles_of(buffers.splats[i])) : 0;
}

static __global__ void write_pairs(GsView view, GsBuffers buffers, uint64_t *keys, int *splats) {
    const long long count = fitting(buffers.counts->gaussians, buffers.gaussian_capacity);
    for (long long i = thread_index(); i < count; i += thread_count()) {
        const GsSplat &splat = buffers.splats[i];
        const TileRect t = tiles_of(splat);
        long long pair = buffers.pair_from_splat[i];
        for (int y = t.top; y < t.bottom; y++)
            for (int x = t.left; x < t.right && pair < buffers.pair_capacity; x++, pair++) {
                keys[pair] = uint64_t(y * tile_columns(view) + x) << 32 | __float_as_uint(splat.z);
                splats[pair] = int(i);
            }
    }
}

// pair_from_tile[t] is the first pair of a tile >= t. A thread a pair, and one more, fills the entries between the tile
// of the pair before it and its own.
static __global__ void find_tiles(GsView view, GsBuffers buffers, const uint64_t *keys) {
    const long long count = fitting(buffers.counts->pairs, buffers.pair_capacity);
    const int tiles = tile_columns(view) * tile_rows(view);
    for (long long pair = thread_index(); pair <= count; pair += thread_count()) {
        const int before = pair > 0 ? int(keys[pair - 1] >> 32) : -1, tile = pair < count ? int(keys[pair] >> 32) : tiles;
        for (int t = before + 1; t <= tile; t++) buffers.pair_from_tile[t] = unsigned(pair);
    }
}

int gs_sort(const GsModel *, const GsView *view, const GsBuffers *buffers, void *stream_pointer) {
    const cudaStream_t stream = stream_of(stream_pointer);
    Arena arena(buffers->scratch);
    SortScratch scratch(arena, *view, *buffers);
    count_tiles<<<resident_blocks(), THREADS, 0, stream>>>(*buffers, scratch.tiles);
    GS_TRY(cub::DeviceScan::ExclusiveSum(scratch.cub, scratch.scan_bytes, scratch.tiles, buffers->pair_from_splat,
                                         buffers->gaussian_capacity, stream));
    GS_TRY(cudaMemsetAsync(scratch.key[0], 0xff, sizeof(uint64_t) * buffers->pair_capacity, stream));
    write_pairs<<<resident_blocks(), THREADS, 0, stream>>>(*view, *buffers, scratch.key[0], scratch.splat);
    GS_TRY(cub::DeviceRadixSort::SortPairs(scratch.cub, scratch.sort_bytes, scratch.key[0], scratch.key[1], scratch.splat,
                                           buffers->splat_from_pair, buffers->pair_capacity, 0, scratch.key_bits, stream));
    find_tiles<<<resident_blocks(), THREADS, 0, stream>>>(*view, *buffers, scratch.key[1]);
    return int(cudaGetLastError());
}
