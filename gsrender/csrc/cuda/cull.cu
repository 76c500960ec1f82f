// All items -> the visible ones, ascending, in one pass.
#include "cuda.h"

static __global__ void __launch_bounds__(THREADS)
    cull_items(const GsModel model, const GsBuffers buffers, unsigned *ticket, unsigned long long *sums) {
    __shared__ unsigned chunk;
    __shared__ int before[CULL_ITEMS * WARPS]; // visible items of a warp's turn, then of all turns before it
    __shared__ long long first;
    static_assert(CULL_ITEMS * WARPS == int(WARP), "one warp sums the turns of a chunk");
    const GsView view = *buffers.view;
    long long lod = 0;
    while (true) {
        if (threadIdx.x == 0) chunk = atomicAdd(ticket, 1);
        __syncthreads();
        const long long start = (long long)chunk * CULL_CHUNK;
        if (start >= model.count) break;
        unsigned seen[CULL_ITEMS];
        for (int turn = 0; turn < CULL_ITEMS; turn++) {
            const long long item = start + turn * THREADS + threadIdx.x;
            const int state = item < model.count ? cull_one(model, view, int(item)) : CULL_HIDDEN;
            lod += (state & CULL_LOD) != 0;
            seen[turn] = __ballot_sync(~0u, (state & CULL_VISIBLE) != 0);
            if (lane() == 0) before[turn * WARPS + warp()] = __popc(seen[turn]);
        }
        __syncthreads();
        if (warp() == 0) {
            const int own = before[lane()], all = warp_sum(own);
            before[lane()] = sum_before(own);
            const long long sum = RunningSum::before(sums, chunk, all);
            if (lane() == 0) {
                first = sum;
                if (start + CULL_CHUNK >= model.count) buffers.counts->visible = sum + all;
            }
        }
        __syncthreads();
        for (int turn = 0; turn < CULL_ITEMS; turn++)
            if (seen[turn] >> lane() & 1)
                buffers.item_from_visible[first + before[turn * WARPS + warp()] +
                                          __popc(seen[turn] & ((1u << lane()) - 1))] =
                    int(start + turn * THREADS + threadIdx.x);
    }
    lod = warp_sum(lod);
    if (lane() == 0) atomic_add(&buffers.counts->lod, lod);
}

int cull(const GsModel &model, const GsView &view, const GsBuffers &buffers, cudaStream_t stream) {
    Arena arena(buffers.scratch);
    const Scratch scratch(arena, model, view);
    GS_TRY(cudaMemsetAsync(buffers.counts, 0, sizeof(GsCounts), stream));
    GS_TRY(cudaMemsetAsync(buffers.scratch, 0, scratch.zeroed, stream));
    const unsigned chunks = unsigned((model.count + (long long)CULL_CHUNK - 1) / CULL_CHUNK), most = resident_blocks(4);
    cull_items<<<chunks < most ? chunks : most, THREADS, 0, stream>>>(model, buffers, scratch.tickets, scratch.cull_sum);
    return int(cudaGetLastError());
}
