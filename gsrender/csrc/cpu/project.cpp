// Gaussians -> splats, index by index: project_one, a vector of them at a time.
#include "ellipses.h"

static GsSplat splat_of(const Ellipses &e, const Lanes (&conic)[3], int lane, const GsGaussian &g) {
    GsSplat s;
    s.x = e.x[lane], s.y = e.y[lane], s.z = e.z[lane], s.opacity = g.opacity;
    for (int c = 0; c < 3; c++) s.conic[c] = conic[c][lane], s.colour[c] = g.colour[c];
    s.tiles[0] = short(e.left[lane]), s.tiles[1] = short(e.top[lane]);
    s.tiles[2] = short(e.right[lane]), s.tiles[3] = short(e.bottom[lane]);
    return s;
}

int project(const GsModel &, const GsView &view, const GsBuffers &buffers) {
    const long long count = fitting(buffers.counts->gaussians, buffers.gaussian_capacity);
    long long drawn = 0;
#pragma omp parallel for schedule(static) reduction(+ : drawn)
    for (long long first = 0; first < count; first += LANES) {
        const GsGaussian *gaussians = buffers.gaussians + first;
        const int lanes = int(fitting(count - first, LANES));
        Shapes shapes = {};
        for (int lane = 0; lane < lanes; lane++)
            shapes.set(lane, gaussians[lane].position, gaussians[lane].scale, gaussians[lane].rotation);
        const Ellipses e = ellipses_of(view, shapes);
        const Lanes inverse = 1.0f / (e.xx * e.yy - e.xy * e.xy);
        const Lanes conic[] = {e.yy * inverse, -e.xy * inverse, e.xx * inverse};
        for (int lane = 0; lane < lanes; lane++) {
            drawn += e.seen[lane] != 0;
            buffers.splats[first + lane] = e.seen[lane] ? splat_of(e, conic, lane, gaussians[lane]) : GsSplat{};
        }
    }
    buffers.counts->drawn = drawn;
    return 0;
}
