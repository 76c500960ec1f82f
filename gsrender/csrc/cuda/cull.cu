// All items -> the visible ones, ascending: whole chunks by their bounds, then each item of those left. A block takes
// work in order, and a running sum over the blocks says where what it keeps goes.
#include "cuda.h"

static_assert(GS_CHUNK == int(THREADS), "a thread an item of a chunk");

// Writes the values that are kept to `out`, value 0 of all threads first, behind those of all work before. Returns, in
// the first warp, how many there are with them. `before` is shared memory.
template <int VALUES> static __device__ long long keep(const bool (&kept)[VALUES], const int (&value)[VALUES], int *out,
                                                       unsigned long long *sums, unsigned work,
                                                       int (&before)[VALUES * WARPS], long long *first) {
    static_assert(VALUES * WARPS <= int(WARP), "one warp sums up");
    unsigned kept_lanes[VALUES];
    for (int i = 0; i < VALUES; i++) {
        kept_lanes[i] = __ballot_sync(~0u, kept[i]);
        if (lane() == 0) before[i * WARPS + warp()] = __popc(kept_lanes[i]);
    }
    __syncthreads();
    long long total = 0;
    if (warp() == 0) {
        const int own = lane() < VALUES * WARPS ? before[lane()] : 0, all = warp_sum(own), sum = sum_before(own);
        if (lane() < VALUES * WARPS) before[lane()] = sum;
        const long long previous = RunningSum::before(sums, work, all);
        if (lane() == 0) *first = previous;
        total = previous + all;
    }
    __syncthreads();
    for (int i = 0; i < VALUES; i++)
        if (kept[i]) out[*first + before[i * WARPS + warp()] + __popc(kept_lanes[i] & ((1u << lane()) - 1))] = value[i];
    return total;
}

// Adds what each thread of a warp has counted.
static __device__ void count(const GsBuffers &buffers, const GsView &view, int inside, int lod) {
    lod = warp_sum(lod);
    if (lane() == 0) atomic_add(&buffers.counts->lod, lod);
    if (!view.crop.on) return;
    inside = warp_sum(inside);
    if (lane() == 0) atomic_add(&buffers.counts->inside, inside);
}

static __global__ void __launch_bounds__(THREADS)
    cull_chunks(const GsModel model, const GsBuffers buffers, const Scratch scratch) {
    __shared__ unsigned work;
    __shared__ int before[WARPS];
    __shared__ long long first;
    stamp(buffers, GS_CULL);
    const GsView &view = *buffers.view;
    const int chunks = chunk_count(model);
    int inside = 0, lod = 0;
    while (true) {
        __syncthreads();
        if (threadIdx.x == 0) work = atomicAdd(scratch.tickets, 1);
        __syncthreads();
        const long long start = (long long)work * THREADS, chunk = start + threadIdx.x;
        if (start >= chunks) break;
        int here = 0, passed = 0;
        const int fate = chunk < chunks ? cull_chunk(model, view, int(chunk), here, passed) : CHUNK_DROP;
        if (fate == CHUNK_DROP) inside += here, lod += passed;
        const long long total = keep<1>({fate != CHUNK_DROP}, {int(chunk) * 2 + (fate == CHUNK_COUNT)},
                                        scratch.chunk_from_work, scratch.chunk_sum, work, before, &first);
        if (threadIdx.x == 0 && start + THREADS >= chunks) *scratch.chunks = total;
    }
    count(buffers, view, inside, lod);
}

static __device__ void prefetch(const void *address) { asm volatile("prefetch.global.L1 [%0];" ::"l"(address)); }

enum { CHUNKS = 4 }; // most that a block looks into at a time: it then waits for memory and for other blocks once

static __global__ void __launch_bounds__(THREADS, 4)
    cull_items(const GsModel model, const GsBuffers buffers, const Scratch scratch) {
    __shared__ unsigned work;
    __shared__ int before[CHUNKS * WARPS];
    __shared__ long long first;
    const GsView view = *buffers.view;
    const long long chunks = *scratch.chunks;
    const int scales = model.kind == GS_ANCHORS ? 6 : 3;
    // As many as leave all blocks some in the last round too.
    const long long rounds = chunks / (CHUNKS * (long long)gridDim.x) + 1;
    const int each = int(chunks / (rounds * gridDim.x) + 1);
    int inside = 0, lod = 0;
    while (true) {
        __syncthreads();
        if (threadIdx.x == 0) work = atomicAdd(scratch.tickets + 1, 1);
        __syncthreads();
        const long long start = (long long)work * each;
        if (start >= chunks) break;
        int item[CHUNKS];
        bool only_counts[CHUNKS], visible[CHUNKS];
#pragma unroll
        for (int i = 0; i < CHUNKS; i++) {
            const bool exists = i < each && start + i < chunks;
            const int entry = exists ? scratch.chunk_from_work[start + i] : 0;
            item[i] = exists ? (entry >> 1) * GS_CHUNK + int(threadIdx.x) : model.count;
            only_counts[i] = entry & 1;
            if (item[i] >= model.count) continue;
            prefetch(model.position + 3 * size_t(item[i]));
            prefetch(model.scale + scales * size_t(item[i]));
            prefetch(model.rotation + 4 * size_t(item[i]));
        }
#pragma unroll
        for (int i = 0; i < CHUNKS; i++) {
            int state = 0;
            if (item[i] < model.count)
                state = only_counts[i] ? mask_one(model, view, item[i]) : cull_one(model, view, item[i]);
            inside += (state & CULL_INSIDE) != 0, lod += (state & CULL_LOD) != 0;
            visible[i] = (state & CULL_VISIBLE) != 0;
        }
        const long long total =
            keep<CHUNKS>(visible, item, buffers.item_from_visible, scratch.cull_sum, work, before, &first);
        if (threadIdx.x == 0 && start + each >= chunks) buffers.counts->visible = total;
    }
    count(buffers, view, inside, lod);
}

int cull(const GsModel &model, const GsView &view, const GsBuffers &buffers, cudaStream_t stream) {
    Arena arena(buffers.scratch);
    const Scratch scratch(arena, model, view, buffers);
    const unsigned chunks = unsigned(chunk_count(model)), most = resident_blocks(4);
    const auto at_most = [&](unsigned blocks) { return blocks < most ? blocks : most; };
    cull_chunks<<<at_most((chunks + THREADS - 1) / THREADS), THREADS, 0, stream>>>(model, buffers, scratch);
    cull_items<<<at_most(chunks), THREADS, 0, stream>>>(model, buffers, scratch);
    return int(cudaGetLastError());
}
