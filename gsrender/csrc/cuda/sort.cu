// Splats -> for each tile, the pairs of the splats that show in it: count, sum up, fill. The order within a tile is
// left to blend.
#include "cuda.h"

enum { SUM_THREADS = 1024 };

// Calls visit(splat, z, tile) for every tile that a large splat shows in. A warp takes one: a street's ground near the
// camera covers hundreds of tiles, and 32 such splats in the lanes of one warp took 0.3 ms.
template <typename Visit>
static __device__ void for_large(const GsBuffers &buffers, const Scratch &scratch, Visit visit) {
    const int columns = tile_columns(*buffers.view);
    for (long long i = thread_index() / WARP; i < *scratch.larges; i += thread_count() / WARP) {
        const int index = scratch.large[i];
        const GsSplat s = buffers.splats[index]; // the same for all lanes
        const TileRect t = tiles_of(s);
        const Outline outline = outline_of(s);
        const int wide = t.right - t.left, tiles = area(t);
        for (int tile = lane(); tile < tiles; tile += WARP) {
            const int x = t.left + tile % wide, y = t.top + tile / wide;
            if (shows_in_tile(outline, x, y)) visit(index, s.z, y * columns + x);
        }
    }
}

static __global__ void __launch_bounds__(THREADS) count_pairs(const GsBuffers buffers, const Scratch scratch) {
    stamp(buffers, 2);
    const int columns = tile_columns(*buffers.view);
    for_large(buffers, scratch, [&](int, float, int tile) { atomicAdd(scratch.tile_pairs + tile * APART, 1); });
    const long long count = fitting(buffers.counts->gaussians, buffers.gaussian_capacity);
    for (long long i = thread_index(); i < count; i += thread_count()) {
        const GsSplat s = buffers.splats[i];
        const TileRect t = tiles_of(s);
        if (is_empty(t) || area(t) > LARGE) continue;
        const Outline outline = outline_of(s);
        unsigned shows = 0, bit = 1;
        for (int y = t.top; y < t.bottom; y++)
            for (int x = t.left; x < t.right; x++, bit <<= 1)
                if (shows_in_tile(outline, x, y)) {
                    atomicAdd(scratch.tile_pairs + (y * columns + x) * APART, 1);
                    shows |= bit;
                }
        scratch.shows[i] = (unsigned char)shows;
    }
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
    const int columns = tile_columns(*buffers.view);
    const auto add = [&](int splat, float z, int tile) {
        const unsigned left = atomicSub(scratch.tile_pairs + tile * APART, 1); // a tile is filled from its end
        const unsigned at = buffers.pair_from_tile[tile] + left - 1;
        if (at < buffers.pair_from_tile[tile + 1]) buffers.pairs[at] = pair_of(splat, z);
    };
    for_large(buffers, scratch, add);
    const long long count = fitting(buffers.counts->gaussians, buffers.gaussian_capacity);
    for (long long i = thread_index(); i < count; i += thread_count()) {
        const TileRect t = tiles_of(buffers.splats[i]);
        if (is_empty(t) || area(t) > LARGE) continue;
        const float z = buffers.splats[i].z;
        for (unsigned shows = scratch.shows[i]; shows; shows &= shows - 1) {
            const int tile = __ffs(shows) - 1, wide = t.right - t.left;
            add(int(i), z, (t.top + tile / wide) * columns + t.left + tile % wide);
        }
    }
}

int sort(const GsModel &model, const GsView &view, const GsBuffers &buffers, cudaStream_t stream) {
    Arena arena(buffers.scratch);
    const Scratch scratch(arena, model, view, buffers);
    count_pairs<<<resident_blocks(8), THREADS, 0, stream>>>(buffers, scratch);
    sum_tiles<<<1, SUM_THREADS, 0, stream>>>(buffers, scratch);
    fill_pairs<<<resident_blocks(8), THREADS, 0, stream>>>(buffers, scratch);
    return int(cudaGetLastError());
}
