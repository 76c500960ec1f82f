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

// decode_tensor.cu: anchors whose decoders have the trainers' sizes, on a GPU with tensor cores for floats.
bool decodes_on_tensor_cores(const GsModel &model);
int decode_on_tensor_cores(const GsModel &model, const GsBuffers &buffers, const Scratch &scratch, cudaStream_t stream);
