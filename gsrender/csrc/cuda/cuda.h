// What the CUDA stages share. Counts stay on the device: a kernel whose work depends on one is launched for the capacity,
// or with a grid that fills the GPU, and reads the count itself.
#pragma once

#include <cstdint>
#include <cub/cub.cuh>

#include "../stages.h"

enum { THREADS = 256, WARP = 32 };

#define GS_TRY(call)                                 \
    do {                                             \
        const cudaError_t error = (call);            \
        if (error != cudaSuccess) return int(error); \
    } while (0)

inline cudaStream_t stream_of(void *stream) { return static_cast<cudaStream_t>(stream); }

inline unsigned blocks_for(long long count, int per_block = THREADS) {
    const long long blocks = (count + per_block - 1) / per_block;
    return unsigned(blocks > 0 ? blocks : 1);
}

// Blocks that fill the GPU once, for loops over a count that only the device knows.
inline unsigned resident_blocks() {
    static const unsigned blocks = [] {
        int device = 0, processors = 1;
        cudaGetDevice(&device);
        cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device);
        return unsigned(processors * 8);
    }();
    return blocks;
}

__device__ __forceinline__ long long thread_index() { return blockIdx.x * (long long)blockDim.x + threadIdx.x; }
__device__ __forceinline__ long long thread_count() { return gridDim.x * (long long)blockDim.x; }

__device__ __forceinline__ long long fitting(long long count, long long capacity) {
    return count < capacity ? count : capacity;
}

// The sum over a warp, in every lane. Every thread of the warp takes part.
__device__ __forceinline__ int warp_sum(int value) {
    for (int step = WARP / 2; step; step /= 2) value += __shfl_xor_sync(~0u, value, step);
    return value;
}

// Adds each thread's value to a counter: one atomic a warp. Every thread of the warp takes part.
__device__ __forceinline__ void add_to(long long *counter, int value) {
    const int sum = warp_sum(value);
    if (threadIdx.x % WARP == 0 && sum) atomicAdd(reinterpret_cast<unsigned long long *>(counter), sum);
}

// The scratch memory of each stage. Stages follow each other on one stream, so all begin at its start.
struct CullScratch {
    unsigned char *is_visible; // [N]
    int *selected;             // one count, as cub writes it
    void *select;
    size_t select_bytes;
    CullScratch(Arena &arena, const GsModel &model);
};

struct DecodeScratch {
    int *kept; // [N + 1] Gaussians of a visible item, zero behind the last
    int *sum;  // [N + 1] exclusive sum of them
    void *scan;
    size_t scan_bytes;
    DecodeScratch(Arena &arena, const GsModel &model);
};

struct SortScratch {
    unsigned *tiles;   // [gaussian_capacity] tiles a splat touches
    uint64_t *key[2];  // [pair_capacity] tile, then depth bits
    int *splat;        // [pair_capacity] before sorting
    void *cub;         // for the scan, then for the sort
    size_t scan_bytes, sort_bytes;
    int key_bits;
    SortScratch(Arena &arena, const GsView &view, const GsBuffers &buffers);
};
