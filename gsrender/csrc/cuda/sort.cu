// Splats -> for each tile, the pairs of the splats that show in it: count, sum up, fill, and cut the longest by depth.
// The order within a tile, or a segment of one, is left to blend.
//
// A block has its own share of the splats, which are neighbours in space. It counts their pairs in shared memory and
// then takes room in each tile once for all of them: an atomic operation on device memory for each pair, most of them
// on the same few tiles, took two thirds of this stage.
#include "pairs.h"

enum { SUM_THREADS = 1024, SORT_WARPS = SORT_THREADS / WARP, HELD = 4 };

// The tiles that a block counts or fills: pictures of more than BAND tiles are done a band at a time.
struct Band {
    int first, count;
    __device__ Band(int tiles) : first(blockIdx.y * BAND), count(tiles - first < BAND ? tiles - first : int(BAND)) {}
    __device__ bool has(int tile) const { return unsigned(tile - first) < unsigned(count); }
};

// The splat of another lane.
static __device__ GsSplat from_lane(const GsSplat &splat, int source) {
    int words[sizeof splat / sizeof(int)];
    memcpy(words, &splat, sizeof splat);
#pragma unroll
    for (int i = 0; i < int(sizeof splat / sizeof(int)); i++) words[i] = __shfl_sync(~0u, words[i], source);
    GsSplat other;
    memcpy(&other, words, sizeof other);
    return other;
}

// Calls visit(splat, z, tile) for the tiles that a splat shows in, among those of its rectangle that are this
// thread's. All threads of a warp come along. Where the rectangle fits into a word of bits, count keeps those that it
// shows in for fill: `shows` is that word, and `known` whether it has been found already.
template <typename Visit> static __device__ void for_tiles(const GsSplat &s, int index, unsigned &shows, bool known,
                                                           int columns, int thread, int threads, Visit visit) {
    const TileRect t = tiles_of(s);
    const Outline outline = known ? Outline{} : outline_of(s);
    const int wide = t.right - t.left, tiles = area(t);
    for (int first = 0; first < tiles; first += threads) {
        const int tile = first + thread, x = t.left + tile % wide, y = t.top + tile / wide;
        const bool here = tile < tiles && (known ? shows >> tile & 1 : shows_in_tile(outline, x, y));
        if (here) visit(index, s.z, y * columns + x);
        if (!known && tiles <= WARP) shows = __ballot_sync(~0u, here);
    }
}

// The same for all tiles that a large or huge splat of this block's shows in. A street's ground near the camera covers
// thousands: 32 such splats in the lanes of one warp took 0.3 ms, one after the other in a warp 0.1. A warp loads HELD
// of the merely large ones at a time, so that it waits for memory once for all of them.
template <bool FILLS, typename Visit>
static __device__ void for_large(const GsBuffers &buffers, const Scratch &scratch, int columns, Visit visit) {
    const int *huge = scratch.large + buffers.gaussian_capacity - 1;
    unsigned shows = 0;
    for (long long i = blockIdx.x; i < scratch.larges[1]; i += gridDim.x)
        for_tiles(load_splat(buffers.splats + huge[-i]), huge[-i], shows, false, columns, threadIdx.x, SORT_THREADS,
                  visit);
    const long long count = scratch.larges[0], warps = gridDim.x * (long long)SORT_WARPS;
    const int held = int(fitting((count + warps - 1) / warps, HELD));
    for (long long base = (warp() * (long long)gridDim.x + blockIdx.x) * held; base < count; base += warps * held) {
        const int here = int(fitting(count - base, held)), own = scratch.large[base + (lane() < here ? lane() : 0)];
        const GsSplat owned = load_splat(buffers.splats + own);
        const bool fits = area(tiles_of(owned)) <= WARP;
        const unsigned own_shows = FILLS && fits ? scratch.shows[own] : 0;
        for (int k = 0; k < here; k++) {
            const int index = __shfl_sync(~0u, own, k);
            const bool known = __shfl_sync(~0u, FILLS && fits, k);
            shows = __shfl_sync(~0u, own_shows, k);
            for_tiles(from_lane(owned, k), index, shows, known, columns, lane(), WARP, visit);
            if (!FILLS && lane() == k) scratch.shows[own] = shows;
        }
    }
}

// Calls visit(splat) for every one of this block's share.
template <typename Visit> static __device__ void for_share(const GsBuffers &buffers, Visit visit) {
    const long long count = fitting(buffers.counts->gaussians, buffers.gaussian_capacity);
    long long share = (count + gridDim.x - 1) / gridDim.x;
    share = share > SORT_THREADS ? share : int(SORT_THREADS);
    const long long end = fitting((blockIdx.x + 1) * share, count);
    for (long long i = blockIdx.x * share + threadIdx.x; i < end; i += SORT_THREADS) visit(i);
}

static __global__ void __launch_bounds__(SORT_THREADS, SORT_BLOCKS)
    count_pairs(const GsBuffers buffers, const Scratch scratch) {
    extern __shared__ unsigned own[]; // pairs of this block's splats in each tile
    stamp(buffers, GS_SORT);
    const int columns = tile_columns(*buffers.view), tiles = columns * tile_rows(*buffers.view);
    const Band band(tiles);
    for (int i = threadIdx.x; i < band.count; i += SORT_THREADS) own[i] = 0;
    __syncthreads();
    const auto add = [&](int tile) {
        if (band.has(tile)) atomicAdd(own + tile - band.first, 1);
    };
    for_large<false>(buffers, scratch, columns, [&](int, float, int tile) { add(tile); });
    for_share(buffers, [&](long long i) {
        const GsSplat s = load_splat(buffers.splats + i);
        const TileRect t = tiles_of(s);
        if (is_empty(t) || area(t) > LARGE) return;
        const Outline outline = outline_of(s);
        unsigned shows = 0, bit = 1;
        for (int y = t.top; y < t.bottom; y++)
            for (int x = t.left; x < t.right; x++, bit <<= 1)
                if (shows_in_tile(outline, x, y)) {
                    add(y * columns + x);
                    shows |= bit;
                }
        scratch.shows[i] = shows; // the same in every band
    });
    __syncthreads();
    long long pairs = 0;
    for (int i = threadIdx.x; i < band.count; i += SORT_THREADS) {
        const int tile = band.first + i;
        scratch.tile_base[size_t(blockIdx.x) * tiles + tile] =
            own[i] ? atomicAdd(scratch.tile_pairs + tile, own[i]) : 0;
        pairs += own[i];
    }
    pairs = warp_sum(pairs);
    if (lane() == 0) atomic_add(&buffers.counts->pairs, pairs);
}

// Adds one, or four, to a counter in shared memory; what it was before. Lanes with the same counter add at once.
static __device__ int next_of(int *counters, int which, bool four) {
    const unsigned active = __activemask(), same = __match_any_sync(active, which);
    const unsigned fours = __ballot_sync(active, four) & same, before = (1u << lane()) - 1;
    const int leader = __ffs(same) - 1;
    int sum = 0;
    if (lane() == leader) sum = atomicAdd(counters + which, __popc(same) + 3 * __popc(fours));
    return __shfl_sync(same, sum, leader) + __popc(same & before) + 3 * __popc(fours & before);
}

// A tile's pairs; whether it is busy, and how many segments it has; and which of SIZES sizes its work has, in half
// steps of the logarithm, the largest first. Four blocks are done with a busy tile in a quarter of the time. Size 0 is
// for tiles with segments alone.
enum { SIZES = 64 };
struct TileLoad {
    unsigned pairs;
    bool busy;
    int size, segments;

    __device__ TileLoad(unsigned pairs, long long total, int shares)
        : pairs(pairs), busy(pairs >= LEAST_BUSY && pairs * (long long)shares > total) {
        const long long length = total / MOST_SEGMENTS > SEGMENT ? total / MOST_SEGMENTS : int(SEGMENT);
        segments = busy && pairs >= 2 * length ? int(pairs / length) : 1;
        const int steps = (__float_as_int(float(busy ? pairs / 4 : pairs)) >> 22) - (127 << 1);
        size = segments > 1 ? 0 : SIZES - 1 - clampi(steps, 0, SIZES - 2);
    }
    __device__ int works() const { return segments > 1 ? 4 * segments : busy ? 4 : 1; }
    // Takes places for them: the first one.
    __device__ int take(int *of_size) const {
        return size == 0 ? atomicAdd(of_size, works()) : next_of(of_size, size, busy);
    }
};

// The exclusive sum over the tiles, held within the capacity, and the order in which to blend them. The last to begin
// should be short ones. A block has its share of the tiles, and looks at the others instead of waiting for their
// blocks: one block with all of them took 35 us at 1920 x 1280.
static __global__ void __launch_bounds__(SUM_THREADS)
    sum_tiles(const GsBuffers buffers, const Scratch scratch, int shares) {
    __shared__ long long sums[SUM_THREADS / WARP];
    __shared__ int of_size[SIZES], before_own[SIZES]; // works of all tiles, and of those before this block's
    const int tiles = tile_columns(*buffers.view) * tile_rows(*buffers.view);
    const int each = (tiles + int(gridDim.x) - 1) / int(gridDim.x), begin = blockIdx.x * each;
    const int end = begin + each < tiles ? begin + each : tiles;
    const long long total = buffers.counts->pairs;
    if (threadIdx.x < SIZES) of_size[threadIdx.x] = before_own[threadIdx.x] = 0;
    __syncthreads();
    long long pairs = 0, before; // of the tiles before this block's
    for (int tile = threadIdx.x; tile < tiles; tile += SUM_THREADS) {
        const TileLoad load(scratch.tile_pairs[tile], total, shares);
        atomicAdd(of_size + load.size, load.works());
        if (tile >= begin) continue;
        atomicAdd(before_own + load.size, load.works());
        pairs += load.pairs;
    }
    block_sum_before<SUM_THREADS>(pairs, sums, before);
    __syncthreads();
    if (warp() == 0) {
        const int first = of_size[2 * lane()], second = of_size[2 * lane() + 1], sum = sum_before(first + second);
        of_size[2 * lane()] = sum + before_own[2 * lane()];
        of_size[2 * lane() + 1] = sum + first + before_own[2 * lane() + 1];
        if (lane() == WARP - 1 && blockIdx.x == 0) {
            *scratch.works = sum + first + second;
            buffers.pair_from_tile[tiles] = unsigned(fitting(total, buffers.pair_capacity));
        }
    }
    __syncthreads();
    for (int start = begin; start < end; start += SUM_THREADS) {
        const int tile = start + threadIdx.x;
        const TileLoad load(tile < end ? scratch.tile_pairs[tile] : 0, total, shares);
        long long here, own = block_sum_before<SUM_THREADS>((long long)load.pairs, sums, here);
        own += before, before += here;
        if (tile < end) {
            const int at = load.take(of_size);
            const unsigned first = unsigned(fitting(own, buffers.pair_capacity));
            const int count = int(fitting(own + load.pairs, buffers.pair_capacity) - first);
            buffers.pair_from_tile[tile] = first;
            if (load.segments > 1) scratch.cut[atomicAdd(scratch.cuts, 1)] = {tile, at, load.segments};
            if (!load.busy) scratch.work[at] = {tile, -1, 0, 1, first, count};
            for (int patch = 0; load.busy && load.segments == 1 && patch < 4; patch++)
                scratch.work[at + patch] = {tile, short(patch), 0, 1, first, count};
        }
        __syncthreads(); // sums are read
    }
}

static __global__ void __launch_bounds__(SORT_THREADS, SORT_BLOCKS)
    fill_pairs(const GsBuffers buffers, const Scratch scratch) {
    extern __shared__ unsigned next[]; // where this block's next pair of each tile goes
    const int columns = tile_columns(*buffers.view), tiles = columns * tile_rows(*buffers.view);
    const Band band(tiles);
    for (int i = threadIdx.x; i < band.count; i += SORT_THREADS) {
        const int tile = band.first + i;
        next[i] = buffers.pair_from_tile[tile] + scratch.tile_base[size_t(blockIdx.x) * tiles + tile];
    }
    __syncthreads();
    const auto add = [&](int splat, float z, int tile) {
        if (!band.has(tile)) return;
        const unsigned at = atomicAdd(next + tile - band.first, 1);
        if (at < buffers.pair_capacity) buffers.pairs[at] = pair_of(splat, z);
    };
    for_large<true>(buffers, scratch, columns, add);
    for_share(buffers, [&](long long i) {
        const GsSplat s = load_splat(buffers.splats + i);
        const TileRect t = tiles_of(s);
        if (is_empty(t) || area(t) > LARGE) return;
        for (unsigned shows = scratch.shows[i]; shows; shows &= shows - 1) {
            const int tile = __ffs(shows) - 1, wide = t.right - t.left;
            add(int(i), s.z, (t.top + tile / wide) * columns + t.left + tile % wide);
        }
    });
}

enum { CUT_THREADS = 1024 };
static_assert(CUT_THREADS == int(BINS), "a thread a bin");

// Tiles that blend is to have in segments: their pairs into bins by depth, and so many bins into each segment as hold
// its share. A block takes a tile. Without it, every block of blend went through all of the tile's pairs to find its
// own.
static __global__ void __launch_bounds__(CUT_THREADS) cut_tiles(const GsBuffers buffers, const Scratch scratch) {
    __shared__ int of_bin[2 * BINS], finer[BINS], begin[MOST_SEGMENTS + 1], sums[CUT_THREADS / WARP];
    __shared__ Pair ends[2];
    const int bin = threadIdx.x;
    for (int index = blockIdx.x; index < *scratch.cuts; index += gridDim.x) {
        const Cut cut = scratch.cut[index];
        const unsigned first = buffers.pair_from_tile[cut.tile];
        const int total = int(buffers.pair_from_tile[cut.tile + 1] - first);
        const Pair *const pairs = buffers.pairs + first;
        of_bin[bin] = of_bin[bin + BINS] = 0;
        if (bin < 2) ends[bin] = bin ? 0 : ~Pair(0);
        for (int segment = bin; segment <= cut.segments; segment += CUT_THREADS) begin[segment] = 0;
        __syncthreads();
        Pair low = ~Pair(0), high = 0;
        for_pairs<CUT_THREADS>(pairs, total, [&](Pair p) { low = p < low ? p : low, high = p > high ? p : high; });
        for (int step = WARP / 2; step; step /= 2) {
            const Pair a = __shfl_xor_sync(~0u, low, step), b = __shfl_xor_sync(~0u, high, step);
            low = a < low ? a : low, high = b > high ? b : high;
        }
        if (lane() == 0) atomicMin(ends, low), atomicMax(ends + 1, high);
        __syncthreads();
        low = ends[0];
        const int shift = total ? shift_of(ends[1] - low) : 0;
        for_pairs<CUT_THREADS>(pairs, total, [&](Pair p) { atomicAdd(of_bin + int((p - low) >> shift), 1); });
        __syncthreads();
        // Bins that hold more than their share, evenly into finer ones: where a street begins again, thousands of pairs
        // are about as far away.
        const int here = of_bin[bin];
        const bool uneven = __syncthreads_or(here > SEGMENT / 4);
        const int parts = uneven ? 1 + int(here * (long long)BINS / total) : 1; // 2 BINS of them in all
        int all;
        const int first_part = block_sum_before<CUT_THREADS>(parts, sums, all);
        finer[bin] = first_part << 11 | (parts - 1);
        const auto finer_of = [&](Pair p) {
            const Pair away = p - low;
            const int coarse = finer[int(away >> shift)], within = int(away << 10 >> shift) & 1023;
            return (coarse >> 11) + (within * ((coarse & 2047) + 1) >> 10);
        };
        if (uneven) {
            of_bin[bin] = 0;
            __syncthreads();
            for_pairs<CUT_THREADS>(pairs, total, [&](Pair p) { atomicAdd(of_bin + finer_of(p), 1); });
        }
        __syncthreads();
        const int own[2] = {of_bin[2 * bin], of_bin[2 * bin + 1]};
        int before = block_sum_before<CUT_THREADS>(own[0] + own[1], sums, all);
        const auto segment_of = [&](int pairs_before) { return int(pairs_before * (long long)cut.segments / total); };
        for (int i = 0; i < 2; i++) {
            const int behind = before + own[i];
            of_bin[2 * bin + i] = before;
            if (own[i])
                for (int segment = segment_of(before) + 1; segment <= segment_of(behind); segment++)
                    begin[segment] = behind;
            before = behind;
        }
        __syncthreads();
        for_pairs<CUT_THREADS>(pairs, total,
                               [&](Pair p) { scratch.cut_pairs[first + atomicAdd(of_bin + finer_of(p), 1)] = p; });
        for (int i = bin; i < 4 * cut.segments; i += CUT_THREADS) {
            const int segment = i % cut.segments;
            scratch.work[cut.work + i] = {cut.tile,
                                          short(i / cut.segments),
                                          short(segment),
                                          short(cut.segments),
                                          first + begin[segment],
                                          begin[segment + 1] - begin[segment]};
            scratch.parts_done[cut.work + i] = 0;
        }
        __syncthreads();
    }
}

int sort(const GsModel &model, const GsView &view, const GsBuffers &buffers, cudaStream_t stream) {
    Arena arena(buffers.scratch);
    const Scratch scratch(arena, model, view, buffers);
    const int tiles = tile_columns(view) * tile_rows(view);
    const dim3 grid(resident_blocks(SORT_BLOCKS), (tiles + BAND - 1) / BAND);
    const int bytes = int(sizeof(unsigned)) * (tiles < BAND ? tiles : int(BAND));
    GS_TRY(cudaFuncSetAttribute(count_pairs, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
    GS_TRY(cudaFuncSetAttribute(fill_pairs, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
    count_pairs<<<grid, SORT_THREADS, bytes, stream>>>(buffers, scratch);
    const unsigned parts = unsigned(tiles + SUM_THREADS - 1) / SUM_THREADS, most = resident_blocks(1);
    const unsigned sum_blocks = parts < most ? parts : most;
    sum_tiles<<<sum_blocks, SUM_THREADS, 0, stream>>>(buffers, scratch, int(resident_blocks(BUSY)));
    fill_pairs<<<grid, SORT_THREADS, bytes, stream>>>(buffers, scratch);
    cut_tiles<<<resident_blocks(1), CUT_THREADS, 0, stream>>>(buffers, scratch);
    return int(cudaGetLastError());
}
