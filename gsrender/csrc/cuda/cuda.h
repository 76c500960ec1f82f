// What the CUDA stages share. Counts stay on the device: a kernel whose work depends on one has a grid that fills the
// GPU and reads the count itself. The view is read from device memory, so that a captured graph serves every camera.
#pragma once

#include <cstdint>

#include "../stages.h"

enum { THREADS = 256, WARP = 32, WARPS = THREADS / WARP };

#define GS_TRY(call)                                                                                                   \
    do {                                                                                                               \
        const cudaError_t error = (call);                                                                              \
        if (error != cudaSuccess) return int(error);                                                                   \
    } while (0)

// The stages. Each returns a cudaError_t, or one of ours.
enum { TOO_WIDE = -1 };
int cull(const GsModel &model, const GsView &view, const GsBuffers &buffers, cudaStream_t stream);
int decode(const GsModel &model, const GsView &view, const GsBuffers &buffers, cudaStream_t stream);
int sort(const GsModel &model, const GsView &view, const GsBuffers &buffers, cudaStream_t stream);
int blend(const GsModel &model, const GsView &view, const GsBuffers &buffers, cudaStream_t stream);

enum { GROUP = 4, DECODE_CHUNK = WARPS * GROUP }; // anchors a warp, and a block, decode at once
// A splat whose rectangle has more tiles is a whole warp's work; where the others show fits a byte.
enum { LARGE = 8 };
// Words from a tile's counter to the next one's. Busy tiles are neighbours; packed, their counters share a few sectors
// of the L2 cache, and a million atomic additions queue up before those.
enum { APART = 8 };

// Scratch memory. It begins with what a frame starts from zero.
struct Scratch {
    unsigned *tickets;             // [3] next work of a kernel whose blocks take it in order
    unsigned *larges;              // number of large splats
    long long *chunks;             // number of chunks in chunk_from_work
    unsigned long long *chunk_sum; // [chunks / THREADS] of the running sums, see RunningSum
    unsigned long long *cull_sum;  // [chunks]
    unsigned long long *decode_sum;
    unsigned *tile_pairs; // [tiles * APART] pairs of a tile, then of those, how many are still to be written
    size_t zeroed;        // bytes up to here
    int *chunk_from_work; // [chunks] chunks that cull looks into, ascending; the last bit: only to count
    int *large;           // [gaussian_capacity] indices of the large splats, in any order
    unsigned char *shows; // [gaussian_capacity] bits: in which tiles of its rectangle a small splat shows
    int *tile_order;      // [tiles] the tiles, those with the most pairs first

    Scratch(Arena &arena, const GsModel &model, const GsView &view, const GsBuffers &buffers) {
        const size_t tiles = size_t(tile_columns(view)) * tile_rows(view);
        tickets = arena.take<unsigned>(3);
        larges = arena.take<unsigned>(1);
        chunks = arena.take<long long>(1);
        chunk_sum = arena.take<unsigned long long>(chunk_count(model) / THREADS + 1);
        cull_sum = arena.take<unsigned long long>(chunk_count(model));
        decode_sum = arena.take<unsigned long long>((size_t(model.count) + DECODE_CHUNK - 1) / DECODE_CHUNK);
        tile_pairs = arena.take<unsigned>(tiles * APART);
        zeroed = arena.used;
        chunk_from_work = arena.take<int>(chunk_count(model));
        large = arena.take<int>(buffers.gaussian_capacity);
        shows = arena.take<unsigned char>(buffers.gaussian_capacity);
        tile_order = arena.take<int>(tiles);
    }
};

// Blocks that fill the GPU once, for loops over a count that only the device knows.
inline unsigned resident_blocks(int per_processor) {
    static const int processors = [] {
        int device = 0, count = 1;
        cudaGetDevice(&device);
        cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device);
        return count;
    }();
    return unsigned(processors * per_processor);
}

__device__ __forceinline__ int lane() { return threadIdx.x % WARP; }
__device__ __forceinline__ int warp() { return threadIdx.x / WARP; }
__device__ __forceinline__ long long thread_index() { return blockIdx.x * (long long)blockDim.x + threadIdx.x; }
__device__ __forceinline__ long long thread_count() { return gridDim.x * (long long)blockDim.x; }

__device__ __forceinline__ long long fitting(long long count, long long capacity) {
    return count < capacity ? count : capacity;
}

// The sum over a warp, in every lane. Every thread of the warp takes part.
template <typename T> __device__ __forceinline__ T warp_sum(T value) {
    for (int step = WARP / 2; step; step /= 2) value += __shfl_xor_sync(~0u, value, step);
    return value;
}

// The sum of the lanes before this one.
__device__ __forceinline__ int sum_before(int value) {
    int sum = value;
    for (int step = 1; step < WARP; step *= 2) {
        const int other = __shfl_up_sync(~0u, sum, step);
        if (lane() >= step) sum += other;
    }
    return sum - value;
}

// Notes when a stage began. Grids are one-dimensional.
__device__ __forceinline__ void stamp(const GsBuffers &buffers, int stage) {
    if (thread_index() == 0) asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(buffers.counts->nanoseconds[stage]));
}

__device__ __forceinline__ void atomic_add(long long *counter, long long value) {
    if (value) atomicAdd(reinterpret_cast<unsigned long long *>(counter), (unsigned long long)value);
}

// The exclusive sum over chunks of work that blocks take in order: decoupled look-back (Merrill and Garland 2016). An
// entry is 0, or a chunk's own sum, or the sum up to and with it; its top two bits say which.
struct RunningSum {
    static constexpr unsigned long long OWN = 1ull << 62, WHOLE = 2ull << 62, VALUE = OWN - 1;

    // Called by one whole warp of the block that took the chunk. The same result in every lane.
    __device__ static long long before(unsigned long long *entries, unsigned chunk, long long own) {
        volatile unsigned long long *state = entries;
        if (lane() == 0) {
            state[chunk] = (chunk ? OWN : WHOLE) | (unsigned long long)own;
            __threadfence();
        }
        long long sum = 0;
        for (long long last = (long long)chunk - 1; last >= 0; last -= WARP) {
            const long long at = last - lane();
            unsigned long long entry = at >= 0 ? 0 : WHOLE;
            // Whoever took an earlier chunk is running, and sets its entry before it waits for anybody.
            while (__any_sync(~0u, entry == 0))
                if (entry == 0) entry = state[at];
            const unsigned whole = __ballot_sync(~0u, (entry & WHOLE) != 0);
            const int nearest = whole ? __ffs(whole) - 1 : WARP - 1;
            sum += warp_sum(lane() <= nearest ? (long long)(entry & VALUE) : 0ll);
            if (whole) break;
        }
        if (lane() == 0 && chunk) {
            __threadfence();
            state[chunk] = WHOLE | (unsigned long long)(sum + own);
        }
        return sum;
    }
};
