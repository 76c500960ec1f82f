// What the ways of decoding share.
#pragma once

#include "cuda.h"

// Projects a Gaussian and puts it where it belongs; notes it where sort is to know that it is large.
static __device__ void write_splat(const GsView &view, const GsBuffers &buffers, const Scratch &scratch, long long at,
                                   const GsGaussian &g, int &drawn) {
    if (at >= buffers.gaussian_capacity) return;
    const GsSplat splat = project_one(view, g);
    const int tiles = area(tiles_of(splat));
    store_splat(buffers.splats + at, splat);
    if (buffers.gaussians) buffers.gaussians[at] = g;
    if (tiles > HUGE_SPLAT)
        scratch.large[buffers.gaussian_capacity - 1 - atomicAdd(scratch.larges + 1, 1)] = int(at);
    else if (tiles > LARGE)
        scratch.large[atomicAdd(scratch.larges, 1)] = int(at);
    drawn += tiles > 0;
}

// Adds the splats that the threads of a warp have drawn.
static __device__ void count_drawn(const GsBuffers &buffers, int drawn) {
    drawn = warp_sum(drawn);
    if (lane() == 0) atomic_add(&buffers.counts->drawn, drawn);
}

// The first visible item of the chunk that the block takes next; its number goes to `chunk`, in shared memory. All
// threads come here, so nobody reads the last chunk's numbers any more.
static __device__ long long take_chunk(const Scratch &scratch, unsigned &chunk) {
    __syncthreads();
    if (threadIdx.x == 0) chunk = atomicAdd(scratch.tickets + 2, 1);
    __syncthreads();
    return (long long)chunk * DECODE_CHUNK;
}

// Where the Gaussians of a chunk of anchors go. `kept` says how many each anchor keeps, and then how many the chunk's
// anchors before it do; `first` is how many all chunks before keep. Both are in shared memory, and whole behind the
// next __syncthreads. `is_last`: no anchor comes after this chunk, so that all Gaussians are counted.
static __device__ void place_gaussians(const GsBuffers &buffers, const Scratch &scratch, unsigned chunk, bool is_last,
                                       int (&kept)[DECODE_CHUNK], long long &first) {
    static_assert(DECODE_CHUNK == int(WARP), "one warp sums the anchors of a chunk");
    if (warp() != 0) return;
    const int own = kept[lane()], all = warp_sum(own);
    kept[lane()] = sum_before(own);
    const long long sum = RunningSum::before(scratch.decode_sum, chunk, all);
    if (lane() == 0) {
        first = sum;
        if (is_last) buffers.counts->gaussians = sum + all;
    }
}

// decode_tensor.cu: anchors whose decoders have the trainers' sizes, on a GPU with tensor cores for floats.
bool decodes_on_tensor_cores(const GsModel &model);
int decode_on_tensor_cores(const GsModel &model, const GsBuffers &buffers, const Scratch &scratch, cudaStream_t stream);
