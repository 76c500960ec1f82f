// What blending did, pixel by pixel: the lists once more, in order and without colours. A block takes a tile and a
// thread a pixel.
#include "cuda.h"

static_assert(GS_TILE * GS_TILE == int(THREADS), "a thread a pixel");

// Puts the pairs of a tile in order where they lie: bitonic, in the form in which every exchange is ascending, so that
// any number of them needs no padding.
static __device__ void sort_pairs(unsigned long long *pairs, unsigned count) {
    const auto exchange = [&](unsigned a, unsigned b) {
        if (b <= a || b >= count) return;
        const unsigned long long first = pairs[a], second = pairs[b];
        if (first > second) pairs[a] = second, pairs[b] = first;
    };
    for (unsigned run = 2; run / 2 < count; run *= 2) {
        for (unsigned i = threadIdx.x; i < count; i += THREADS) exchange(i, i ^ (run - 1));
        __syncthreads();
        for (unsigned step = run / 4; step; step /= 2) {
            for (unsigned i = threadIdx.x; i < count; i += THREADS) exchange(i, i ^ step);
            __syncthreads();
        }
    }
}

static __global__ void __launch_bounds__(THREADS)
    inspect_tiles(const GsBuffers buffers, const GsInspection inspection) {
    const GsView &view = *buffers.view;
    const int tile = blockIdx.x, columns = tile_columns(view);
    const int x = tile % columns * GS_TILE + threadIdx.x % GS_TILE;
    const int y = tile / columns * GS_TILE + threadIdx.x / GS_TILE;
    const unsigned first = buffers.pair_from_tile[tile], count = buffers.pair_from_tile[tile + 1] - first;
    unsigned long long *const pairs = buffers.pairs + first;
    sort_pairs(pairs, count);
    if (x >= view.width || y >= view.height) return;
    Inspected seen = {{1.0f, 1.0f}, 0, -1};
    for (unsigned i = 0; i < count && (seen.pixel.live > 0.0f || seen.front < 0); i++) {
        const int splat = splat_of(pairs[i]);
        inspect_one(buffers.splats[splat], splat, float(x), float(y), inspection.opacity, seen);
    }
    inspection.blended[size_t(y) * view.width + x] = seen.blended;
    inspection.front[size_t(y) * view.width + x] = seen.front;
}

int gs_inspect(const GsView *view, const GsBuffers *buffers, const GsInspection *inspection, void *stream) {
    const unsigned tiles = unsigned(tile_columns(*view) * tile_rows(*view));
    inspect_tiles<<<tiles, THREADS, 0, static_cast<cudaStream_t>(stream)>>>(*buffers, *inspection);
    return int(cudaGetLastError());
}
