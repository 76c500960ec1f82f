// Splats -> for each tile, the pairs of the splats that show in it: count, sum up, fill. The order within a tile is
// left to blend.
#include "cuda.h"

enum { SUM_THREADS = 1024 };

// Calls visit(splat, z, tile) for the tiles that a splat shows in, of its rows `row`, `row + step` and so on.
template <typename Visit>
static __device__ void for_rows(const GsSplat &s, int index, int row, int step, int columns, Visit visit) {
    const TileRect t = tiles_of(s);
    const Outline outline = outline_of(s);
    const Extent extent = extent_of(outline);
    for (int y = t.top + row; y < t.bottom; y += step) {
        float x0, x1;
        if (!span_of(outline, extent, float(y * GS_TILE), float(y * GS_TILE + GS_TILE - 1), x0, x1)) continue;
        const int first = max(t.left, int(ceilf((x0 - (GS_TILE - 1)) / GS_TILE)));
        const int end = min(t.right, int(floorf(x1 / GS_TILE)) + 1);
        for (int x = first; x < end; x++) visit(index, s.z, y * columns + x);
    }
}

// A lane takes a splat; a large one is shared by a warp, row by row: a street's ground near the camera covers hundreds
// of tiles, and 32 such splats in the lanes of one warp took 0.3 ms.
template <typename Visit>
static __device__ void for_tiles(const GsBuffers &buffers, const Scratch &scratch, Visit visit) {
    const int columns = tile_columns(*buffers.view), larges = int(*scratch.larges);
    const long long count = fitting(buffers.counts->gaussians, buffers.gaussian_capacity);
    for (long long i = thread_index() / WARP; i < larges; i += thread_count() / WARP)
        for_rows(buffers.splats[scratch.large[i]], scratch.large[i], lane(), WARP, columns, visit);
    for (long long i = thread_index(); i < count; i += thread_count()) {
        const GsSplat s = buffers.splats[i];
        if (area(tiles_of(s)) <= LARGE) for_rows(s, int(i), 0, 1, columns, visit);
    }
}

static __global__ void __launch_bounds__(THREADS) count_pairs(const GsBuffers buffers, const Scratch scratch) {
    stamp(buffers, 2);
    for_tiles(buffers, scratch, [&](int, float, int tile) { atomicAdd(scratch.tile_pairs + tile * APART, 1); });
}

// One block: the exclusive sum over the tiles, held within the capacity, and the order in which to blend them. The last
// tiles to begin should be short ones, so they are ordered by the logarithm of their pairs.
static __global__ void __launch_bounds__(SUM_THREADS) sum_tiles(const GsBuffers buffers, const Scratch scratch) {
    enum { SIZES = 33 };
    __shared__ long long sums[WARP];
    __shared__ int of_size[SIZES];
    const int tiles = tile_columns(*buffers.view) * tile_rows(*buffers.view);
    if (threadIdx.x < SIZES) of_size[threadIdx.x] = 0;
    __syncthreads();
    long long total = 0;
    for (int base = 0; base < tiles; base += SUM_THREADS) {
        const int tile = base + threadIdx.x;
        const int own = tile < tiles ? int(scratch.tile_pairs[tile * APART]) : 0;
        if (tile < tiles) atomicAdd(of_size + __clz(own), 1); // the more pairs, the fewer leading zeros
        const int before = sum_before(own);
        if (lane() == WARP - 1) sums[warp()] = before + own;
        __syncthreads();
        long long first = total;
        for (int w = 0; w < SUM_THREADS / WARP; w++) {
            if (w < warp()) first += sums[w];
            total += sums[w];
        }
        if (tile < tiles) buffers.pair_from_tile[tile] = unsigned(fitting(first + before, buffers.pair_capacity));
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        buffers.pair_from_tile[tiles] = unsigned(fitting(total, buffers.pair_capacity));
        buffers.counts->pairs = total;
        for (int size = 0, sum = 0; size < SIZES; size++) {
            const int count = of_size[size];
            of_size[size] = sum;
            sum += count;
        }
    }
    __syncthreads();
    for (int tile = threadIdx.x; tile < tiles; tile += SUM_THREADS)
        scratch.tile_order[atomicAdd(of_size + __clz(int(scratch.tile_pairs[tile * APART])), 1)] = tile;
}

static __global__ void __launch_bounds__(THREADS) fill_pairs(const GsBuffers buffers, const Scratch scratch) {
    for_tiles(buffers, scratch, [&](int splat, float z, int tile) {
        const unsigned left = atomicSub(scratch.tile_pairs + tile * APART, 1); // a tile is filled from its end
        const unsigned at = buffers.pair_from_tile[tile] + left - 1;
        if (at < buffers.pair_from_tile[tile + 1]) buffers.pairs[at] = pair_of(splat, z);
    });
}

int sort(const GsModel &model, const GsView &view, const GsBuffers &buffers, cudaStream_t stream) {
    Arena arena(buffers.scratch);
    const Scratch scratch(arena, model, view, buffers);
    count_pairs<<<resident_blocks(8), THREADS, 0, stream>>>(buffers, scratch);
    sum_tiles<<<1, SUM_THREADS, 0, stream>>>(buffers, scratch);
    fill_pairs<<<resident_blocks(8), THREADS, 0, stream>>>(buffers, scratch);
    return int(cudaGetLastError());
}
