// ellipse_of for as many items as a vector has lanes: it is most of what cull and project do.
#pragma once

#include "cpu.h"
#include "lanes.h"

// Gaussians in the world, one in each lane.
struct Shapes {
    Lanes position[3], scale[3], rotation[4];

    void set(int lane, const float *position_of, const float *scale_of, const float *rotation_of) {
        for (int c = 0; c < 3; c++) position[c][lane] = position_of[c], scale[c][lane] = scale_of[c];
        for (int c = 0; c < 4; c++) rotation[c][lane] = rotation_of[c];
    }
};

struct Ellipses {
    Lanes x, y, xx, xy, yy, z;
    Ints left, top, right, bottom;
    Ints seen; // where ellipse_of returns true; the rest means nothing elsewhere

    Ellipse of(int i) const { return {x[i], y[i], xx[i], xy[i], yy[i], z[i], {left[i], top[i], right[i], bottom[i]}}; }
};

inline Lanes clamp_of(Lanes v, float low, float high) { return min_of(max_of(v, all_of(low)), all_of(high)); }

inline Ellipses ellipses_of(const GsView &view, const Shapes &s) {
    const float *w = view.camera_from_world;
    Lanes p[3];
    for (int i = 0; i < 3; i++)
        p[i] = w[4 * i] * s.position[0] + w[4 * i + 1] * s.position[1] + w[4 * i + 2] * s.position[2] + w[4 * i + 3];
    const float limit_x = 1.3f * view.whole_width / (2 * view.fx), limit_y = 1.3f * view.whole_height / (2 * view.fy);
    const Lanes tx = clamp_of(p[0] / p[2], -limit_x, limit_x), ty = clamp_of(p[1] / p[2], -limit_y, limit_y);
    const Lanes jx = view.fx / p[2], jy = view.fy / p[2];
    const Lanes qw = s.rotation[0], qx = s.rotation[1], qy = s.rotation[2], qz = s.rotation[3];
    const Lanes r[3][3] = {{1.0f - 2.0f * (qy * qy + qz * qz), 2.0f * (qx * qy - qw * qz), 2.0f * (qx * qz + qw * qy)},
                           {2.0f * (qx * qy + qw * qz), 1.0f - 2.0f * (qx * qx + qz * qz), 2.0f * (qy * qz - qw * qx)},
                           {2.0f * (qx * qz - qw * qy), 2.0f * (qy * qz + qw * qx), 1.0f - 2.0f * (qx * qx + qy * qy)}};
    Lanes row_x[3], row_y[3];
    for (int i = 0; i < 3; i++) row_x[i] = jx * (w[i] - tx * w[8 + i]), row_y[i] = jy * (w[4 + i] - ty * w[8 + i]);
    Ellipses e;
    e.xx = all_of(0.3f), e.xy = Lanes{}, e.yy = all_of(0.3f), e.z = p[2];
    for (int i = 0; i < 3; i++) {
        const Lanes a = s.scale[i] * (row_x[0] * r[0][i] + row_x[1] * r[1][i] + row_x[2] * r[2][i]);
        const Lanes b = s.scale[i] * (row_y[0] * r[0][i] + row_y[1] * r[1][i] + row_y[2] * r[2][i]);
        e.xx += a * a, e.xy += a * b, e.yy += b * b;
    }
    const Lanes determinant = e.xx * e.yy - e.xy * e.xy, middle = 0.5f * (e.xx + e.yy);
    const Lanes bend = sqrt_of(max_of(middle * middle - determinant, all_of(0.1f)));
    const Lanes radius = ceil_of(3.0f * sqrt_of(middle + bend));
    e.x = view.fx * p[0] / (p[2] + 1e-7f) + view.cx - 0.5f, e.y = view.fy * p[1] / (p[2] + 1e-7f) + view.cy - 0.5f;
    const auto tile = [](Lanes edge, int tiles) {
        return __builtin_convertvector(clamp_of(edge / float(GS_TILE), 0, float(tiles)), Ints);
    };
    e.left = tile(e.x - radius, tile_columns(view)), e.top = tile(e.y - radius, tile_rows(view));
    e.right = tile(e.x + radius + float(GS_TILE - 1), tile_columns(view));
    e.bottom = tile(e.y + radius + float(GS_TILE - 1), tile_rows(view));
    e.seen = (e.z > view.near) & (determinant != 0.0f) & (radius < INFINITY) & (e.left < e.right) & (e.top < e.bottom);
    return e;
}
