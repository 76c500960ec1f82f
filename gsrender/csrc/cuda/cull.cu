// All items -> the visible ones, ascending: whole chunks by their bounds, then each item of those left. A block takes
// work in order, and a running sum over the blocks says where what it keeps goes.
#include "cuda.h"

static_assert(GS_CHUNK == int(THREADS), "a thread an item of a chunk");

// Writes the values of the threads that keep one to `out`, in the order of the threads, behind those of all work
// before. Returns, in the first warp, how many there are with them. `before` is shared memory.
static __device__ long long keep(bool kept, int value, int *out, unsigned long long *sums, unsigned work, int *before,
                                 long long *first) {
    const unsigned kept_lanes = __ballot_sync(~0u, kept);
    if (lane() == 0) before[warp()] = __popc(kept_lanes);
    __syncthreads();
    long long total = 0;
    if (warp() == 0) {
        const int own = lane() < WARPS ? before[lane()] : 0, all = warp_sum(own), sum = sum_before(own);
        if (lane() < WARPS) before[lane()] = sum;
        const long long previous = RunningSum::before(sums, work, all);
        if (lane() == 0) *first = previous;
        total = previous + all;
    }
    __syncthreads();
    if (kept) out[*first + before[warp()] + __popc(kept_lanes & ((1u << lane()) - 1))] = value;
    return total;
}

static __global__ void __launch_bounds__(THREADS)
    cull_chunks(const GsModel model, const GsBuffers buffers, const Scratch scratch) {
    __shared__ unsigned work;
    __shared__ int before[WARPS];
    __shared__ long long first;
    stamp(buffers, 0);
    const GsView view = *buffers.view;
    const int chunks = chunk_count(model);
    long long lod = 0;
    while (true) {
        __syncthreads();
        if (threadIdx.x == 0) work = atomicAdd(scratch.tickets, 1);
        __syncthreads();
        const long long start = (long long)work * THREADS, chunk = start + threadIdx.x;
        if (start >= chunks) break;
        int passed = 0;
        const int fate = chunk < chunks ? cull_chunk(model, view, int(chunk), passed) : CHUNK_DROP;
        if (fate == CHUNK_DROP) lod += passed;
        const long long total = keep(fate != CHUNK_DROP, int(chunk) * 2 + (fate == CHUNK_COUNT),
                                     scratch.chunk_from_work, scratch.chunk_sum, work, before, &first);
        if (threadIdx.x == 0 && start + THREADS >= chunks) *scratch.chunks = total;
    }
    lod = warp_sum(lod);
    if (lane() == 0) atomic_add(&buffers.counts->lod, lod);
}

static __global__ void __launch_bounds__(THREADS)
    cull_items(const GsModel model, const GsBuffers buffers, const Scratch scratch) {
    __shared__ unsigned work;
    __shared__ int before[WARPS];
    __shared__ long long first;
    const GsView view = *buffers.view;
    const long long chunks = *scratch.chunks;
    long long lod = 0;
    while (true) {
        __syncthreads();
        if (threadIdx.x == 0) work = atomicAdd(scratch.tickets + 1, 1);
        __syncthreads();
        if (work >= chunks) break;
        const int entry = scratch.chunk_from_work[work];
        const int item = (entry >> 1) * GS_CHUNK + threadIdx.x;
        int state = CULL_HIDDEN;
        float fade;
        if (item < model.count)
            state = entry & 1 ? (passes_level(model, view, item, fade) ? CULL_LOD : CULL_HIDDEN)
                              : cull_one(model, view, item);
        lod += (state & CULL_LOD) != 0;
        const long long total =
            keep((state & CULL_VISIBLE) != 0, item, buffers.item_from_visible, scratch.cull_sum, work, before, &first);
        if (threadIdx.x == 0 && work + 1 == chunks) buffers.counts->visible = total;
    }
    lod = warp_sum(lod);
    if (lane() == 0) atomic_add(&buffers.counts->lod, lod);
}

int cull(const GsModel &model, const GsView &view, const GsBuffers &buffers, cudaStream_t stream) {
    Arena arena(buffers.scratch);
    const Scratch scratch(arena, model, view, buffers);
    GS_TRY(cudaMemsetAsync(buffers.counts, 0, sizeof(GsCounts), stream));
    GS_TRY(cudaMemsetAsync(buffers.scratch, 0, scratch.zeroed, stream));
    const unsigned chunks = unsigned(chunk_count(model)), most = resident_blocks(4);
    const auto at_most = [&](unsigned blocks) { return blocks < most ? blocks : most; };
    cull_chunks<<<at_most((chunks + THREADS - 1) / THREADS), THREADS, 0, stream>>>(model, buffers, scratch);
    cull_items<<<at_most(chunks), THREADS, 0, stream>>>(model, buffers, scratch);
    return int(cudaGetLastError());
}
