// Geometry of Gaussians and cameras. Follows EWA splatting (Zwicker et al. 2001) with the constants of
// 3D Gaussian Splatting (Kerbl et al. 2023), which every model that we draw was trained with.
#pragma once

#include "portable.h"

struct Vec3 {
    float x, y, z;
};

GS_FN
Vec3 load3(const float *p) { return {p[0], p[1], p[2]}; }
GS_FN
void load4(const float *p, float *v) { // from 16-byte aligned memory, such as a row of four
#ifdef __CUDA_ARCH__
    const float4 all = *reinterpret_cast<const float4 *>(p);
    v[0] = all.x, v[1] = all.y, v[2] = all.z, v[3] = all.w;
#else
    for (int i = 0; i < 4; i++) v[i] = p[i];
#endif
}
GS_FN
Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
GS_FN
Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
GS_FN
Vec3 operator*(float s, Vec3 a) { return {s * a.x, s * a.y, s * a.z}; }
GS_FN
float dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
// Not fminf and fmaxf: their rules for NaN keep a compiler from vectorising them. Here NaN yields the second argument.
GS_FN
float minf(float a, float b) { return a < b ? a : b; }
GS_FN
float maxf(float a, float b) { return a > b ? a : b; }
GS_FN
float clampf(float v, float low, float high) { return minf(maxf(v, low), high); }
GS_FN
int clampi(int v, int low, int high) { return v < low ? low : v > high ? high : v; }
GS_FN
float sigmoid(float v) { return 1.0f / (1.0f + expf(-v)); }

GS_FN
Vec3 camera_from_world(const GsView &view, Vec3 p) {
    const float *m = view.camera_from_world;
    return {m[0] * p.x + m[1] * p.y + m[2] * p.z + m[3], m[4] * p.x + m[5] * p.y + m[6] * p.z + m[7],
            m[8] * p.x + m[9] * p.y + m[10] * p.z + m[11]};
}

// Image coordinates, pixel (0, 0) spanning [0, 1). The 1e-7 is the reference's; it moves nothing that can be seen, but
// decides which texel a point on an edge reads.
GS_FN
float image_x(const GsView &view, Vec3 p) { return view.fx * p.x / (p.z + 1e-7f) + view.cx; }
GS_FN
float image_y(const GsView &view, Vec3 p) { return view.fy * p.y / (p.z + 1e-7f) + view.cy; }

struct TileRect {
    int left, top, right, bottom; // right and bottom are behind the last
};

GS_FN
int tile_columns(const GsView &view) { return (view.width + GS_TILE - 1) / GS_TILE; }
GS_FN
int tile_rows(const GsView &view) { return (view.height + GS_TILE - 1) / GS_TILE; }
GS_FN
bool is_empty(TileRect r) { return r.left >= r.right || r.top >= r.bottom; }
GS_FN
int area(TileRect r) { return is_empty(r) ? 0 : (r.right - r.left) * (r.bottom - r.top); }

// The tiles under [x0, x1] x [y0, y1], in pixels. Clamped before the conversion: far off values do not fit an int.
GS_FN
TileRect tiles_under(const GsView &view, float x0, float y0, float x1, float y1) {
    const float columns = float(tile_columns(view)), rows = float(tile_rows(view));
    return {int(clampf(x0 / GS_TILE, 0.0f, columns)), int(clampf(y0 / GS_TILE, 0.0f, rows)),
            int(clampf((x1 + (GS_TILE - 1)) / GS_TILE, 0.0f, columns)),
            int(clampf((y1 + (GS_TILE - 1)) / GS_TILE, 0.0f, rows))};
}

// A box in the camera's space.
struct Box {
    float x0, x1, y0, y1, z0, z1;
};

// The least camera-space box around a box in the world.
GS_FN
Box box_in_camera(const GsView &view, const float *low, const float *high) {
    const Vec3 middle = 0.5f * (load3(low) + load3(high)), half = load3(high) - middle;
    const Vec3 c = camera_from_world(view, middle);
    const float *m = view.camera_from_world;
    const float x = fabsf(m[0]) * half.x + fabsf(m[1]) * half.y + fabsf(m[2]) * half.z;
    const float y = fabsf(m[4]) * half.x + fabsf(m[5]) * half.y + fabsf(m[6]) * half.z;
    const float z = fabsf(m[8]) * half.x + fabsf(m[9]) * half.y + fabsf(m[10]) * half.z;
    // 1e-5 of the coordinates more: the middle's own rounding, seen from afar.
    const float slack = 1e-5f * (fabsf(c.x) + fabsf(c.y) + fabsf(c.z) + x + y + z);
    return {c.x - x - slack, c.x + x + slack, c.y - y - slack, c.y + y + slack, c.z - z - slack, c.z + z + slack};
}

// A rectangle of the picture, image coordinates.
struct ImageRect {
    float x0, y0, x1, y1;
};

// Where the points of a box are seen. It must lie before the camera: z0 > 0.
GS_FN
ImageRect image_of(const GsView &view, const Box &b) {
    return {view.fx * b.x0 / (b.x0 < 0 ? b.z0 : b.z1) + view.cx, view.fy * b.y0 / (b.y0 < 0 ? b.z0 : b.z1) + view.cy,
            view.fx * b.x1 / (b.x1 < 0 ? b.z1 : b.z0) + view.cx, view.fy * b.y1 / (b.y1 < 0 ? b.z1 : b.z0) + view.cy};
}

// The tiles under all Gaussians of up to `sigma` with centres in a box before the camera.
GS_FN
TileRect tiles_of_box(const GsView &view, const Box &b, float sigma) {
    const ImageRect r = image_of(view, b);
    const float tx = maxf(fabsf(r.x0 - view.cx), fabsf(r.x1 - view.cx)) / view.fx;
    const float ty = maxf(fabsf(r.y0 - view.cy), fabsf(r.y1 - view.cy)) / view.fy;
    const float scale = sigma * maxf(view.fx, view.fy) / b.z0;
    // The norm of the projection's Jacobian bounds the longer axis; 0.3 is the low-pass filter of ellipse_of, 0.32 the
    // square root of the 0.1 at which it holds the difference of the axes.
    const float radius = ceilf(3.0f * sqrtf(scale * scale * (1 + tx * tx + ty * ty) + 0.62f)) + 0.5f;
    return tiles_under(view, r.x0 - radius, r.y0 - radius, r.x1 + radius, r.y1 + radius);
}

// An ellipse in the picture: what a Gaussian projects to.
struct Ellipse {
    float x, y;       // centre, pixel centres at whole numbers
    float xx, xy, yy; // covariance, pixels^2
    float z;          // view z of the centre
    TileRect tiles;   // under the square of 3 sigma of the longer axis
};

GS_FN
void rotation_of(const float *q, float *r) { // unit quaternion w, x, y, z -> 3 rows of 3
    const float w = q[0], x = q[1], y = q[2], z = q[3];
    r[0] = 1 - 2 * (y * y + z * z), r[1] = 2 * (x * y - w * z), r[2] = 2 * (x * z + w * y);
    r[3] = 2 * (x * y + w * z), r[4] = 1 - 2 * (x * x + z * z), r[5] = 2 * (y * z - w * x);
    r[6] = 2 * (x * z - w * y), r[7] = 2 * (y * z + w * x), r[8] = 1 - 2 * (x * x + y * y);
}

// False where the Gaussian is before the near plane, degenerate or off the picture. NaN fails every test.
GS_FN
bool ellipse_of(const GsView &view, Vec3 position, const float *scale, const float *rotation, Ellipse &e) {
    const Vec3 p = camera_from_world(view, position);
    if (!(p.z > view.near)) return false;

    // Rows of J W R S, where J is the projection linearised at the centre: the covariance is their product.
    // The point of linearisation is held within 1.3 times the whole view, or J explodes at the sides.
    const float limit_x = 1.3f * view.whole_width / (2 * view.fx), limit_y = 1.3f * view.whole_height / (2 * view.fy);
    const float tx = clampf(p.x / p.z, -limit_x, limit_x), ty = clampf(p.y / p.z, -limit_y, limit_y);
    const float jx = view.fx / p.z, jy = view.fy / p.z;
    const float *w = view.camera_from_world;
    const Vec3 row_x = {jx * (w[0] - tx * w[8]), jx * (w[1] - tx * w[9]), jx * (w[2] - tx * w[10])};
    const Vec3 row_y = {jy * (w[4] - ty * w[8]), jy * (w[5] - ty * w[9]), jy * (w[6] - ty * w[10])};
    float r[9];
    rotation_of(rotation, r);
    const Vec3 a = {scale[0] * (row_x.x * r[0] + row_x.y * r[3] + row_x.z * r[6]),
                    scale[1] * (row_x.x * r[1] + row_x.y * r[4] + row_x.z * r[7]),
                    scale[2] * (row_x.x * r[2] + row_x.y * r[5] + row_x.z * r[8])};
    const Vec3 b = {scale[0] * (row_y.x * r[0] + row_y.y * r[3] + row_y.z * r[6]),
                    scale[1] * (row_y.x * r[1] + row_y.y * r[4] + row_y.z * r[7]),
                    scale[2] * (row_y.x * r[2] + row_y.y * r[5] + row_y.z * r[8])};
    // 0.3 pixels^2: the low-pass filter that every model was trained with.
    e.xx = dot(a, a) + 0.3f, e.xy = dot(a, b), e.yy = dot(b, b) + 0.3f;

    const float determinant = e.xx * e.yy - e.xy * e.xy, middle = 0.5f * (e.xx + e.yy);
    if (!(determinant != 0.0f)) return false;
    const float radius = ceilf(3.0f * sqrtf(middle + sqrtf(maxf(0.1f, middle * middle - determinant))));
    e.x = image_x(view, p) - 0.5f, e.y = image_y(view, p) - 0.5f, e.z = p.z;
    if (!(radius < INFINITY)) return false;
    e.tiles = tiles_under(view, e.x - radius, e.y - radius, e.x + radius, e.y + radius);
    return !is_empty(e.tiles);
}

// The farthest depth under a rectangle of tiles, from the max pyramid: never nearer than the true one.
GS_FN
float farthest_depth(const GsView &view, TileRect tiles) {
    const int left = tiles.left * GS_TILE, right = clampi(tiles.right * GS_TILE, 1, view.width) - 1;
    const int top = tiles.top * GS_TILE, bottom = clampi(tiles.bottom * GS_TILE, 1, view.height) - 1;
    const float *level = view.depth;
    int width = view.width, height = view.height, shift = 0;
    // Up to 4 x 4 texels: one level finer than the usual 2 x 2 costs a few reads and bounds the depth tighter.
    while ((right >> shift) - (left >> shift) > 3 || (bottom >> shift) - (top >> shift) > 3) {
        level += size_t(width) * height;
        width = (width + 1) / 2, height = (height + 1) / 2, shift++;
    }
    float farthest = 0.0f;
    for (int y = top >> shift; y <= bottom >> shift; y++)
        for (int x = left >> shift; x <= right >> shift; x++) farthest = maxf(farthest, level[size_t(y) * width + x]);
    return farthest;
}

// A finite float16.
GS_FN
float float_of_half(unsigned short half) {
#ifdef __CUDA_ARCH__
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(half));
    return value;
#else
    const unsigned magnitude = (half & 0x7fffu) << 13, sign = (half & 0x8000u) << 16;
    float value;
    memcpy(&value, &magnitude, sizeof value);
    value *= 5.192296858534828e33f; // 2^112: from a half's exponent to a float's
    unsigned bits;
    memcpy(&bits, &value, sizeof bits);
    bits |= sign;
    memcpy(&value, &bits, sizeof value);
    return value;
#endif
}

// Colour of a direction from real spherical harmonics up to degree 3, INRIA's order and signs. The sum is written out:
// an array of the basis, which a runtime degree would index, does not stay in registers.
GS_FN
Vec3 colour_from_sh(const float *sh, int degree, Vec3 d) {
    const float x = d.x, y = d.y, z = d.z, xx = x * x, yy = y * y, zz = z * z;
    Vec3 colour = Vec3{0.5f, 0.5f, 0.5f} + 0.28209479177387814f * load3(sh);
    if (degree > 0)
        colour = colour + (-0.4886025119029199f * y) * load3(sh + 3) + (0.4886025119029199f * z) * load3(sh + 6) +
                 (-0.4886025119029199f * x) * load3(sh + 9);
    if (degree > 1)
        colour = colour + (1.0925484305920792f * x * y) * load3(sh + 12) +
                 (-1.0925484305920792f * y * z) * load3(sh + 15) +
                 (0.31539156525252005f * (2 * zz - xx - yy)) * load3(sh + 18) +
                 (-1.0925484305920792f * x * z) * load3(sh + 21) + (0.5462742152960396f * (xx - yy)) * load3(sh + 24);
    if (degree > 2)
        colour = colour + (-0.5900435899266435f * y * (3 * xx - yy)) * load3(sh + 27) +
                 (2.890611442640554f * x * y * z) * load3(sh + 30) +
                 (-0.4570457994644658f * y * (4 * zz - xx - yy)) * load3(sh + 33) +
                 (0.3731763325901154f * z * (2 * zz - 3 * xx - 3 * yy)) * load3(sh + 36) +
                 (-0.4570457994644658f * x * (4 * zz - xx - yy)) * load3(sh + 39) +
                 (1.445305721320277f * z * (xx - yy)) * load3(sh + 42) +
                 (-0.5900435899266435f * x * (xx - 3 * yy)) * load3(sh + 45);
    return {maxf(colour.x, 0.0f), maxf(colour.y, 0.0f), maxf(colour.z, 0.0f)};
}

// To a few units in the last place, where a bound has room for it.
GS_FN
float log_about(float v) {
#ifdef __CUDA_ARCH__
    return __logf(v);
#else
    return logf(v);
#endif
}
GS_FN
float over_about(float a, float b) {
#ifdef __CUDA_ARCH__
    return __fdividef(a, b);
#else
    return a / b;
#endif
}

// exp(x) for x <= 0.
GS_FN
float exp_negative(float x) {
#ifdef __CUDA_ARCH__
    return __expf(x);
#else
    return expf(x);
#endif
}
