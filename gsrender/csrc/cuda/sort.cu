// Splats -> for each tile, the pairs of the splats that show in it: count, sum up, fill. The order within a tile is left
// to blend. A splat is one lane's work where it is small, and the whole warp's where it covers many tiles.
#include "cuda.h"

enum { LARGE = 16, SUM_THREADS = 1024 };

// Calls visit(splat, z, tile) for every tile that a splat shows in.
template <typename Visit> static __device__ void for_tiles(const GsBuffers &buffers, int columns, Visit visit) {
    const long long count = fitting(buffers.counts->gaussians, buffers.gaussian_capacity);
    for (long long base = thread_index() - lane(); base < count; base += thread_count()) {
        const long long index = base + lane();
        GsSplat s;
        float reach = 0;
        int covered = 0;
        TileRect t = {};
        if (index < count) {
            s = buffers.splats[index];
            t = tiles_of(s);
            covered = area(t);
            reach = reach_of(s);
        }
        if (covered <= LARGE)
            for (int y = t.top; y < t.bottom; y++)
                for (int x = t.left; x < t.right; x++)
                    if (shows_in_tile(s, reach, x, y)) visit(int(index), s.z, y * columns + x);
        for (unsigned large = __ballot_sync(~0u, covered > LARGE); large; large &= large - 1) {
            const long long which = base + __ffs(large) - 1;
            const GsSplat l = buffers.splats[which]; // the same for all lanes
            const TileRect r = tiles_of(l);
            const float far = reach_of(l);
            const int wide = r.right - r.left;
            for (int i = lane(); i < area(r); i += WARP) {
                const int x = r.left + i % wide, y = r.top + i / wide;
                if (shows_in_tile(l, far, x, y)) visit(int(which), l.z, y * columns + x);
            }
        }
    }
}

static __global__ void __launch_bounds__(THREADS) count_pairs(const GsBuffers buffers, unsigned *tile_pairs) {
    const int columns = tile_columns(*buffers.view);
    for_tiles(buffers, columns, [&](int, float, int tile) { atomicAdd(tile_pairs + tile, 1); });
}

// One block: the exclusive sum over the tiles, held within the capacity.
static __global__ void __launch_bounds__(SUM_THREADS) sum_tiles(const GsBuffers buffers, const unsigned *tile_pairs) {
    __shared__ long long sums[WARP];
    const int tiles = tile_columns(*buffers.view) * tile_rows(*buffers.view);
    long long total = 0;
    for (int base = 0; base < tiles; base += SUM_THREADS) {
        const int tile = base + threadIdx.x;
        const int own = tile < tiles ? int(tile_pairs[tile]) : 0;
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
    }
}

static __global__ void __launch_bounds__(THREADS) fill_pairs(const GsBuffers buffers, unsigned *tile_filled) {
    const int columns = tile_columns(*buffers.view);
    for_tiles(buffers, columns, [&](int splat, float z, int tile) {
        const unsigned at = buffers.pair_from_tile[tile] + atomicAdd(tile_filled + tile, 1);
        if (at < buffers.pair_from_tile[tile + 1]) buffers.pairs[at] = pair_of(splat, z);
    });
}

int sort(const GsModel &model, const GsView &view, const GsBuffers &buffers, cudaStream_t stream) {
    Arena arena(buffers.scratch);
    const Scratch scratch(arena, model, view);
    count_pairs<<<resident_blocks(4), THREADS, 0, stream>>>(buffers, scratch.tile_pairs);
    sum_tiles<<<1, SUM_THREADS, 0, stream>>>(buffers, scratch.tile_pairs);
    fill_pairs<<<resident_blocks(4), THREADS, 0, stream>>>(buffers, scratch.tile_filled);
    return int(cudaGetLastError());
}
