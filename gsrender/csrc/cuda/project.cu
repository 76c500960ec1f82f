// Gaussians -> splats, index by index.
#include "cuda.h"

static __global__ void project_gaussians(GsView view, GsBuffers buffers) {
    const long long count = fitting(buffers.counts->gaussians, buffers.gaussian_capacity);
    // Whole warps go round together: add_to needs all lanes.
    for (long long base = thread_index() - threadIdx.x % WARP; base < count; base += thread_count()) {
        const long long i = base + threadIdx.x % WARP;
        int tiles = 0;
        if (i < count) {
            const GsSplat splat = project_one(view, buffers.gaussians[i]);
            buffers.splats[i] = splat;
            tiles = area(tiles_of(splat));
        }
        add_to(&buffers.counts->drawn, tiles > 0);
        add_to(&buffers.counts->pairs, tiles);
    }
}

int gs_project(const GsModel *, const GsView *view, const GsBuffers *buffers, void *stream) {
    project_gaussians<<<resident_blocks(), THREADS, 0, stream_of(stream)>>>(*view, *buffers);
    return int(cudaGetLastError());
}
