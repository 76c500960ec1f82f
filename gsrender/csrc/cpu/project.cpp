// Gaussians -> splats, index by index.
#include "cpu.h"

int project(const GsModel &, const GsView &view, const GsBuffers &buffers) {
    const long long count = fitting(buffers.counts->gaussians, buffers.gaussian_capacity);
    long long drawn = 0;
#pragma omp parallel for schedule(static) reduction(+ : drawn)
    for (long long i = 0; i < count; i++) {
        buffers.splats[i] = project_one(view, buffers.gaussians[i]);
        drawn += !is_empty(tiles_of(buffers.splats[i]));
    }
    buffers.counts->drawn = drawn;
    return 0;
}
