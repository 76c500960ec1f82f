// All items -> the visible ones, ascending, in one pass.
#include "cuda.h"

// A thread's turns: the items of a chunk, a stride of the block apart. Few items are spread over all processors, many are
// taken four at a time, since a chunk costs a ticket and a look back.
enum { MANY = 1 << 20, MOST_TURNS = 4 };
static_assert(MOST_TURNS * WARPS <= int(WARP), "one warp sums the turns of a chunk");

template <int TURNS>
static __global__ void __launch_bounds__(THREADS)
    cull_items(const GsModel model, const GsBuffers buffers, unsigned *ticket, unsigned long long *sums) {
    enum { CHUNK = TURNS * THREADS };
    __shared__ unsigned chunk;
    __shared__ int before[WARP]; // visible items of a warp's turn, then of all turns before it
    __shared__ long long first;
    stamp(buffers, 0);
    const GsView view = *buffers.view;
    long long lod = 0;
    while (true) {
        if (threadIdx.x == 0) chunk = atomicAdd(ticket, 1);
        __syncthreads();
        const long long start = (long long)chunk * CHUNK;
        if (start >= model.count) break;
        unsigned seen[TURNS];
#pragma unroll
        for (int turn = 0; turn < TURNS; turn++) {
            const long long item = start + turn * THREADS + threadIdx.x;
            const int state = item < model.count ? cull_one(model, view, int(item)) : CULL_HIDDEN;
            lod += (state & CULL_LOD) != 0;
            seen[turn] = __ballot_sync(~0u, (state & CULL_VISIBLE) != 0);
            if (lane() == 0) before[turn * WARPS + warp()] = __popc(seen[turn]);
        }
        __syncthreads();
        if (warp() == 0) {
            const int own = lane() < TURNS * WARPS ? before[lane()] : 0, all = warp_sum(own);
            before[lane()] = sum_before(own);
            const long long sum = RunningSum::before(sums, chunk, all);
            if (lane() == 0) {
                first = sum;
                if (start + CHUNK >= model.count) buffers.counts->visible = sum + all;
            }
        }
        __syncthreads();
#pragma unroll
        for (int turn = 0; turn < TURNS; turn++)
            if (seen[turn] >> lane() & 1)
                buffers.item_from_visible[first + before[turn * WARPS + warp()] +
                                          __popc(seen[turn] & ((1u << lane()) - 1))] =
                    int(start + turn * THREADS + threadIdx.x);
    }
    lod = warp_sum(lod);
    if (lane() == 0) atomic_add(&buffers.counts->lod, lod);
}

template <int TURNS>
static void launch(const GsModel &model, const GsBuffers &buffers, const Scratch &scratch, cudaStream_t stream) {
    const unsigned chunks = unsigned((model.count + (long long)TURNS * THREADS - 1) / (TURNS * THREADS));
    const unsigned most = resident_blocks(4);
    cull_items<TURNS><<<chunks < most ? chunks : most, THREADS, 0, stream>>>(model, buffers, scratch.tickets,
                                                                             scratch.cull_sum);
}

int cull(const GsModel &model, const GsView &view, const GsBuffers &buffers, cudaStream_t stream) {
    Arena arena(buffers.scratch);
    const Scratch scratch(arena, model, view, buffers);
    GS_TRY(cudaMemsetAsync(buffers.counts, 0, sizeof(GsCounts), stream));
    GS_TRY(cudaMemsetAsync(buffers.scratch, 0, scratch.zeroed, stream));
    model.count > MANY ? launch<MOST_TURNS>(model, buffers, scratch, stream) : launch<1>(model, buffers, scratch, stream);
    return int(cudaGetLastError());
}
