// Gaussians -> splats, index by index.
#include "cpu.h"

int gs_project(const GsModel *, const GsView *view, const GsBuffers *buffers, void *) {
    const long long count = fitting(buffers->counts->gaussians, buffers->gaussian_capacity);
    long long drawn = 0, pairs = 0;
#pragma omp parallel for schedule(static) reduction(+ : drawn, pairs)
    for (long long i = 0; i < count; i++) {
        const GsSplat splat = project_one(*view, buffers->gaussians[i]);
        const int tiles = area(tiles_of(splat));
        buffers->splats[i] = splat;
        drawn += tiles > 0;
        pairs += tiles;
    }
    buffers->counts->drawn = drawn, buffers->counts->pairs = pairs;
    return 0;
}
