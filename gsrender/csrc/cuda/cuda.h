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
// A splat whose rectangle has more tiles is the work of a whole warp, or of a whole block.
enum { LARGE = 9, HUGE_SPLAT = 128 };
// A tile is blended by four blocks if it has more pairs than this part of a processor's share of all: as many as go
// through one of the places on the GPU where a block can run, so that it would still be drawn when all else is done.
enum { BUSY = 9, LEAST_BUSY = 512 };
// A tile of two SEGMENTs of pairs or more is cut into such by depth, each for four blocks: a street's horizon has tiles
// of 30,000. There are MOST_SEGMENTS of them at most; where that would be too few, they are longer.
enum { SEGMENT = 512, MOST_SEGMENTS = 512, MOST_PARTS = 4 * MOST_SEGMENTS };
// What a block of blend draws: a tile, or if that is busy one of its four patches, or a segment of that.
struct Work {
    int tile;
    short patch; // -1: all
    short segment, segments;
    unsigned first; // of its pairs, in Scratch.cut_pairs where it is a segment
    int count;
};
// A tile to be cut into segments.
struct Cut {
    int tile, work; // the first of its works
    int segments;
};
// What a segment adds to the 64 pixels of a patch, as if nothing were before it.
struct Part {
    float4 colour[64]; // red, green, blue, what it lets through; that is below zero where the pixel is finished
    float z[64];
};
// Sort's blocks: each counts and fills its own share of the splats, in shared memory, a band of tiles at a time.
enum { SORT_THREADS = 512, SORT_BLOCKS = 2, BAND = 16384 };

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

// All tiles, three more blocks for each busy one, of which there are fewer than shares.
inline size_t most_works(int tiles) {
    const int shares = int(resident_blocks(BUSY));
    return size_t(tiles) + 3 * size_t(tiles < shares ? tiles : shares) + MOST_PARTS;
}

// Scratch memory. It begins with what a frame starts from zero.
struct Scratch {
    unsigned *tickets;             // [3] next work of a kernel whose blocks take it in order
    unsigned *larges;              // [2] number of large splats, and of huge ones
    int *works, *cuts;             // numbers of works, and of tiles to be cut
    long long *chunks;             // number of chunks in chunk_from_work
    unsigned long long *chunk_sum; // [chunks / THREADS] of the running sums, see RunningSum
    unsigned long long *cull_sum;  // [chunks]
    unsigned long long *decode_sum;
    int *chunk_from_work; // [chunks] chunks that cull looks into, ascending; the last bit: only to count. What comes
                          // before the tiles is where it is whatever the picture's size: cull's may be another one
    unsigned *tile_pairs; // [tiles] pairs of a tile
    size_t zeroed;        // bytes up to here, by gs_begin
    unsigned *tile_base;  // [sort's blocks, tiles] of a tile's pairs, how many are before those of a block
    int *large;           // [gaussian_capacity] indices of the large splats, and from the end those of the huge ones
    unsigned *shows;      // [gaussian_capacity] bits: in which tiles of its rectangle a splat shows, if 32 at most
    Work *work;           // [most_works] of all tiles, segments first, then the longest
    Cut *cut;             // [MOST_SEGMENTS]
    unsigned long long *cut_pairs; // [pair_capacity] of the tiles that are cut, where they are in buffers.pairs
    Part *parts;                   // [MOST_PARTS] of the first works
    unsigned *parts_done;          // [MOST_PARTS] at a patch's first part: how many of its parts are there

    Scratch(Arena &arena, const GsModel &model, const GsView &view, const GsBuffers &buffers) {
        const size_t tiles = size_t(tile_columns(view)) * tile_rows(view);
        tickets = arena.take<unsigned>(3);
        larges = arena.take<unsigned>(2);
        works = arena.take<int>(1);
        cuts = arena.take<int>(1);
        chunks = arena.take<long long>(1);
        chunk_sum = arena.take<unsigned long long>(chunk_count(model) / THREADS + 1);
        cull_sum = arena.take<unsigned long long>(chunk_count(model));
        decode_sum = arena.take<unsigned long long>((size_t(model.count) + DECODE_CHUNK - 1) / DECODE_CHUNK);
        chunk_from_work = arena.take<int>(chunk_count(model));
        tile_pairs = arena.take<unsigned>(tiles);
        zeroed = arena.used;
        tile_base = arena.take<unsigned>(tiles * resident_blocks(SORT_BLOCKS));
        large = arena.take<int>(buffers.gaussian_capacity);
        shows = arena.take<unsigned>(buffers.gaussian_capacity);
        work = arena.take<Work>(most_works(int(tiles)));
        cut = arena.take<Cut>(MOST_SEGMENTS);
        cut_pairs = arena.take<unsigned long long>(buffers.pair_capacity);
        parts = arena.take<Part>(MOST_PARTS);
        parts_done = arena.take<unsigned>(MOST_PARTS);
    }
};

__device__ __forceinline__ int lane() { return threadIdx.x % WARP; }
__device__ __forceinline__ int warp() { return threadIdx.x / WARP; }
__device__ __forceinline__ long long thread_index() { return blockIdx.x * (long long)blockDim.x + threadIdx.x; }
__device__ __forceinline__ long long thread_count() { return gridDim.x * (long long)blockDim.x; }

// Splats are read and written 16 bytes at a time: single words at a stride of 48 bytes keep the load units busy.
static_assert(sizeof(GsSplat) == 48 && offsetof(GsSplat, tiles) == 40, "as load_splat and store_splat have it");
__device__ __forceinline__ GsSplat load_splat(const GsSplat *from) {
    const float4 *words = reinterpret_cast<const float4 *>(from);
    const float4 a = words[0], b = words[1], c = words[2];
    GsSplat s = {a.x, a.y, {a.z, a.w, b.x}, b.y, {b.z, b.w, c.x}, c.y, {}};
    memcpy(s.tiles, &c.z, sizeof s.tiles);
    return s;
}
__device__ __forceinline__ void store_splat(GsSplat *to, const GsSplat &s) {
    float tiles[2];
    memcpy(tiles, s.tiles, sizeof tiles);
    float4 *words = reinterpret_cast<float4 *>(to);
    words[0] = {s.x, s.y, s.conic[0], s.conic[1]};
    words[1] = {s.conic[2], s.opacity, s.colour[0], s.colour[1]};
    words[2] = {s.colour[2], s.z, tiles[0], tiles[1]};
}

// The sum over a warp, in every lane. Every thread of the warp takes part.
template <typename T> __device__ __forceinline__ T warp_sum(T value) {
    for (int step = WARP / 2; step; step /= 2) value += __shfl_xor_sync(~0u, value, step);
    return value;
}

// The sum of the lanes before this one.
template <typename T> __device__ __forceinline__ T sum_before(T value) {
    T sum = value;
    for (int step = 1; step < WARP; step *= 2) {
        const T other = __shfl_up_sync(~0u, sum, step);
        if (lane() >= step) sum += other;
    }
    return sum - value;
}

// The sum over the threads of a block before this one, and of all of them. `sums`: shared memory, one for each warp,
// not to be written again before the next barrier.
template <int THREADS_OF_BLOCK, typename T> __device__ __forceinline__ T block_sum_before(T value, T *sums, T &all) {
    T before = sum_before(value);
    if (lane() == WARP - 1) sums[warp()] = before + value;
    __syncthreads();
    const T own = lane() < THREADS_OF_BLOCK / WARP ? sums[lane()] : T(0), up_to = sum_before(own);
    before += __shfl_sync(~0u, up_to, warp());
    all = __shfl_sync(~0u, up_to + own, WARP - 1);
    return before;
}

// Notes that it is GS_CULL, or another moment. A stage begins when the first block of its first kernel does.
__device__ __forceinline__ void stamp(const GsBuffers &buffers, int moment) {
    if (thread_index() == 0 && blockIdx.y == 0)
        asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(buffers.counts->nanoseconds[moment]));
}

__device__ __forceinline__ void atomic_add(long long *counter, long long value) {
    if (value) atomicAdd(reinterpret_cast<unsigned long long *>(counter), (unsigned long long)value);
}

// The exclusive sum over chunks of work that blocks take in order: decoupled look-back (Merrill and Garland 2016). An
// entry is 0, or a chunk's own sum, or the sum up to and with it; its top two bits say which.
struct RunningSum {
    enum { AT_ONCE = 4 }; // a GPU runs hundreds of blocks, and each step back takes 0.4 us
    static constexpr unsigned long long OWN = 1ull << 62, WHOLE = 2ull << 62, VALUE = OWN - 1;

    // Called by one whole warp of the block that took the chunk. The same result in every lane.
    __device__ static long long before(unsigned long long *entries, unsigned chunk, long long own) {
        volatile unsigned long long *state = entries;
        if (lane() == 0) {
            state[chunk] = (chunk ? OWN : WHOLE) | (unsigned long long)own;
            __threadfence();
        }
        long long sum = 0;
        for (long long last = (long long)chunk - 1; last >= 0; last -= WARP * AT_ONCE) {
            unsigned long long entry[AT_ONCE]; // of neighbours, nearest first
#pragma unroll
            for (int i = 0; i < AT_ONCE; i++) {
                const long long at = last - lane() * AT_ONCE - i;
                entry[i] = WHOLE;
                if (at >= 0) entry[i] = state[at];
            }
            // Whoever took an earlier chunk is running, and sets its entry before it waits for anybody.
#pragma unroll
            for (int i = 0; i < AT_ONCE; i++)
                while (entry[i] == 0) entry[i] = state[last - lane() * AT_ONCE - i];
            long long own_sum = 0; // up to and with the first whole one
            bool found = false;
#pragma unroll
            for (int i = 0; i < AT_ONCE; i++) {
                if (!found) own_sum += (long long)(entry[i] & VALUE);
                found = found || (entry[i] & WHOLE) != 0;
            }
            __syncwarp();
            const unsigned whole = __ballot_sync(~0u, found);
            const int nearest = whole ? __ffs(whole) - 1 : WARP - 1;
            sum += warp_sum(lane() <= nearest ? own_sum : 0ll);
            if (whole) break;
        }
        if (lane() == 0 && chunk) {
            __threadfence();
            state[chunk] = WHOLE | (unsigned long long)(sum + own);
        }
        return sum;
    }
};
