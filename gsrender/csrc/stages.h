// The maths of each stage for one item, written once for the host and for CUDA. The libraries differ in how they run
// over the items; tests/reference.py has the same formulas in NumPy.
#pragma once

#include "splat_math.h"

// --- cull -----------------------------------------------------------------------------------------------------------

// Bits: is inside the crop box; passed the level mask too; is visible.
enum { CULL_INSIDE = 1, CULL_LOD = 2, CULL_VISIBLE = 4 };

// Along the axes of the crop box.
GS_FN
Vec3 crop_from_world(const GsCrop &c, Vec3 p) {
    const float *a = c.axes;
    return {a[0] * p.x + a[1] * p.y + a[2] * p.z, a[3] * p.x + a[4] * p.y + a[5] * p.z,
            a[6] * p.x + a[7] * p.y + a[8] * p.z};
}

// An item is inside by its centre alone, so its Gaussians may reach out of the box.
GS_FN
bool is_inside(const GsCrop &c, Vec3 centre) {
    const Vec3 p = crop_from_world(c, centre);
    return p.x >= c.low[0] && p.x <= c.high[0] && p.y >= c.low[1] && p.y <= c.high[1] && p.z >= c.low[2] &&
           p.z <= c.high[2];
}

// How far along the levels a distance asks to go, before the anchor's own extra level and rounding (Octree-GS); the
// bias is ours.
GS_FN
float level_at(const GsModel &model, const GsView &view, float distance) {
    return log2f(model.standard_distance / distance) / log2f(model.fork) + view.level_bias;
}

// Levels are seen from the middle of an anchor's cell.
GS_FN
float cell_middle(const GsModel &model, float level) { return 0.5f * model.voxel_size / powf(model.fork, level); }

// Whether an anchor of that level is on where `wanted` is asked for. GS_PROGRESSIVE fades the finest level in: `fade`
// is the factor of its opacity.
GS_FN
bool level_is_on(const GsModel &model, const GsView &view, float level, float wanted, float &fade) {
    const float last = float(view.level_limit < model.levels - 1 ? view.level_limit : model.levels - 1);
    fade = 1.0f;
    if (model.level_map == GS_PROGRESSIVE) {
        const float p = clampf(wanted + 1.0f, 0.9999f, last + 0.9999f), whole = floorf(p);
        if (level == whole) fade = p - whole;
        return level <= whole;
    }
    const float rounded = model.level_map == GS_FLOOR  ? floorf(wanted)
                          : model.level_map == GS_CEIL ? ceilf(wanted)
                                                       : rintf(wanted); // half to even, as torch rounds
    return level <= clampf(rounded, 0.0f, last);
}

GS_FN
bool passes_level(const GsModel &model, const GsView &view, int item, float &fade) {
    fade = 1.0f;
    if (model.levels == 0) return true;
    const float level = model.level[item], middle = cell_middle(model, level);
    const Vec3 p = load3(model.position + 3 * size_t(item));
    const Vec3 d = Vec3{p.x + middle, p.y + middle, p.z + middle} - load3(view.position);
    return level_is_on(model, view, level, level_at(model, view, sqrtf(dot(d, d))) + model.extra_level[item], fade);
}

// Whether passes_level may fade an anchor that is on.
GS_FN
bool fades(const GsModel &model) { return model.levels > 0 && model.level_map == GS_PROGRESSIVE; }

// The rule of Proxy-GS: one texel under the centre. Off the picture, and over a NaN, it hides nothing.
GS_FN
bool centre_is_hidden(const GsView &view, Vec3 p) {
    const float x = image_x(view, p), y = image_y(view, p);
    // Truncation puts (-1, 0) in texel 0, as in the reference.
    if (!(x > -1.0f && x < view.width && y > -1.0f && y < view.height)) return false;
    return p.z > view.depth[size_t(int(y)) * view.width + int(x)] + view.margin;
}

GS_FN
bool is_behind(const GsView &view, TileRect tiles, float nearest) {
    return !is_empty(tiles) && nearest > farthest_depth(view, tiles) + view.margin;
}

// A splat covers the tiles of its ellipse, from 3 sigma before its centre on.
GS_FN
bool splat_is_hidden(const GsView &view, const Ellipse &e, const float *scale) {
    return is_behind(view, e.tiles, e.z - 3.0f * maxf(scale[0], maxf(scale[1], scale[2])));
}

// Whether all Gaussians of up to `sigma` with centres in a box lie behind the proxy, with all of their 3 sigma.
GS_FN
bool box_is_hidden(const GsView &view, const Box &b, float sigma) {
    const float nearest = b.z0 - 3.0f * sigma;
    return nearest > view.near && is_behind(view, tiles_of_box(view, b, sigma), nearest);
}

GS_FN
Box grown(const Box &b, float by) { return {b.x0 - by, b.x1 + by, b.y0 - by, b.y1 + by, b.z0 - by, b.z1 + by}; }

// An anchor covers what any of its Gaussians may cover, whatever the decoder makes of them: centres within `reach[0]`
// of the anchor, sigma up to `reach[1]`.
GS_FN
bool anchor_is_hidden(const GsView &view, Vec3 p, const float *reach) {
    return box_is_hidden(view, grown({p.x, p.x, p.y, p.y, p.z, p.z}, reach[0]), reach[1]);
}

// What does not depend on what is seen: CULL_INSIDE and CULL_LOD.
GS_FN
int mask_one(const GsModel &model, const GsView &view, int item) {
    float fade;
    if (view.crop.on && !is_inside(view.crop, load3(model.position + 3 * size_t(item)))) return 0;
    return passes_level(model, view, item, fade) ? CULL_INSIDE | CULL_LOD : CULL_INSIDE;
}

GS_FN
int cull_one(const GsModel &model, const GsView &view, int item) {
    const int state = mask_one(model, view, item);
    if (!(state & CULL_LOD)) return state;
    const int stride = model.kind == GS_ANCHORS ? 6 : 3;
    const float *scale = model.scale + stride * size_t(item);
    const Vec3 position = load3(model.position + 3 * size_t(item));
    const bool culls = view.culling != GS_OFF && view.depth;
    const Vec3 p = camera_from_world(view, position);
    if (culls && view.culling == GS_CENTRE && centre_is_hidden(view, p)) return state;
    float rotation[4];
    load4(model.rotation + 4 * size_t(item), rotation);
    Ellipse e;
    if (!ellipse_of(view, position, scale, rotation, e)) return state;
    if (culls && view.culling == GS_FOOTPRINT &&
        (model.kind == GS_ANCHORS ? anchor_is_hidden(view, p, model.reach + 2 * size_t(item))
                                  : splat_is_hidden(view, e, scale)))
        return state;
    return state | CULL_VISIBLE;
}

// What becomes of a chunk of items.
enum {
    CHUNK_DROP = 0,  // none is visible, and how many pass the masks is known
    CHUNK_COUNT = 1, // none is visible, but those that pass the masks are to be counted
    CHUNK_TEST = 2   // each is to be tested
};

// How many of a chunk's items are inside the crop box: 0, all, or -1 where only the items can tell.
GS_FN
int chunk_inside(const GsView &view, const GsChunk &c, int items) {
    if (!view.crop.on) return items;
    const float *a = view.crop.axes;
    const Vec3 low = load3(c.low), high = load3(c.high), middle = 0.5f * (low + high), half = high - middle;
    const Vec3 m = crop_from_world(view.crop, middle);
    const float centre[3] = {m.x, m.y, m.z};
    bool all = true;
    for (int axis = 0; axis < 3; axis++, a += 3) {
        const float x = fabsf(a[0]) * half.x + fabsf(a[1]) * half.y + fabsf(a[2]) * half.z;
        // 1e-5 of the coordinates more: the items' own rounding.
        const float reach = x + 1e-5f * (fabsf(middle.x) + fabsf(middle.y) + fabsf(middle.z) + x);
        if (centre[axis] + reach < view.crop.low[axis] || centre[axis] - reach > view.crop.high[axis]) return 0;
        all = all && centre[axis] - reach >= view.crop.low[axis] && centre[axis] + reach <= view.crop.high[axis];
    }
    return all ? items : -1;
}

// How many of a chunk's items pass the level mask: 0, all, or -1 where only the items can tell.
GS_FN
int chunk_levels(const GsModel &model, const GsView &view, const GsChunk &c, int items) {
    if (model.kind != GS_ANCHORS || model.levels == 0) return items;
    float nearest = 0, farthest = 0;
    for (int axis = 0; axis < 3; axis++) {
        const float low = c.low[axis] + cell_middle(model, c.level[1]) - view.position[axis];
        const float high = c.high[axis] + cell_middle(model, c.level[0]) - view.position[axis];
        const float near = low > 0 ? low : high < 0 ? -high : 0, far = maxf(fabsf(low), fabsf(high));
        nearest += near * near, farthest += far * far;
    }
    // 1e-4 levels: more than rounding moves the items' own sums.
    float fade;
    const float most = level_at(model, view, sqrtf(nearest)) + c.extra_level[1] + 1e-4f;
    const float least = level_at(model, view, sqrtf(farthest)) + c.extra_level[0] - 1e-4f;
    if (level_is_on(model, view, c.level[1], least, fade)) return items;
    return level_is_on(model, view, c.level[0], most, fade) ? -1 : 0;
}

// Whether the bounds of a chunk already say that none of its items is visible. NaN fails, and keeps the chunk.
GS_FN
bool chunk_is_invisible(const GsView &view, const GsChunk &c) {
    const Box box = box_in_camera(view, c.low, c.high);
    if (box.z1 <= view.near) return true;
    if (!(box.z0 > view.near)) return false; // it reaches the camera's plane: seen anywhere
    if (is_empty(tiles_of_box(view, box, c.sigma))) return true;
    if (view.culling == GS_OFF || !view.depth) return false;
    if (view.culling == GS_FOOTPRINT) return box_is_hidden(view, grown(box, c.reach[0]), c.reach[1]);
    const ImageRect r = image_of(view, box);
    // A centre off the picture is never hidden.
    if (!(r.x0 > 0 && r.y0 > 0 && r.x1 < view.width && r.y1 < view.height)) return false;
    return is_behind(view, tiles_under(view, r.x0 - 1, r.y0 - 1, r.x1 + 1, r.y1 + 1), box.z0);
}

// `inside` is how many items are in the crop box, and `lod` how many of them pass the level mask, where CHUNK_DROP.
GS_FN
int cull_chunk(const GsModel &model, const GsView &view, int chunk, int &inside, int &lod) {
    const int first = chunk * GS_CHUNK, items = model.count - first < GS_CHUNK ? model.count - first : GS_CHUNK;
    const GsChunk &c = model.chunks[chunk];
    inside = chunk_inside(view, c, items);
    lod = inside == 0 ? 0 : chunk_levels(model, view, c, items);
    if (lod != 0 && !chunk_is_invisible(view, c)) return CHUNK_TEST;
    return inside < 0 || lod < 0 ? CHUNK_COUNT : CHUNK_DROP;
}

GS_FN
int chunk_count(const GsModel &model) { return model.count / GS_CHUNK + (model.count % GS_CHUNK != 0); }

// --- decode ---------------------------------------------------------------------------------------------------------

// What the decoders see of an anchor apart from its feature.
struct AnchorView {
    Vec3 direction; // from the camera, unit length
    float distance;
    float level;
};

GS_FN
AnchorView anchor_view(const GsModel &model, const GsView &view, int item) {
    const Vec3 d = load3(model.position + 3 * size_t(item)) - load3(view.position);
    const float distance = sqrtf(dot(d, d));
    return {(1.0f / distance) * d, distance, model.level[item]};
}

// Entry `i` of a decoder's input: features, direction, distance, level, appearance.
GS_FN
float decoder_input(const GsModel &model, const GsMlp &mlp, const float *feature, const AnchorView &a, int i) {
    if (i < mlp.features) return feature[i];
    i -= mlp.features;
    if (i < 3) return i == 0 ? a.direction.x : i == 1 ? a.direction.y : a.direction.z;
    i -= 3;
    if (mlp.distance && i-- == 0) return a.distance;
    if (mlp.level && i-- == 0) return a.level;
    return model.appearance[i];
}

// Entry `i` of the feature after the bank: its values at strides 4, 2 and 1, repeated, weighed by what the view asks
// for.
template <typename Value> // a number, or a vector of them
GS_FN Value banked_feature(const Value *feature, int features, const Value *weights, int i) {
    return weights[0] * feature[4 * (i % (features / 4))] + weights[1] * feature[2 * (i % (features / 2))] +
           weights[2] * feature[i];
}

GS_FN
void softmax3(float *v) {
    const float top = maxf(v[0], maxf(v[1], v[2]));
    v[0] = expf(v[0] - top), v[1] = expf(v[1] - top), v[2] = expf(v[2] - top);
    const float sum = v[0] + v[1] + v[2];
    v[0] /= sum, v[1] /= sum, v[2] /= sum;
}

// Gaussian `k` of an anchor from the decoders' raw outputs for it: 7 of the covariance, 3 of the colour.
GS_FN
GsGaussian gaussian_of(const GsModel &model, int item, int k, float opacity, const float *covariance,
                       const float *colour) {
    const float *scale = model.scale + 6 * size_t(item), *position = model.position + 3 * size_t(item);
    const float *offset = model.offset + 3 * (size_t(item) * model.offsets + k), *q = covariance + 3;
    const float norm = maxf(sqrtf(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]), 1e-12f);
    GsGaussian g;
    for (int c = 0; c < 3; c++) {
        g.position[c] = position[c] + offset[c] * scale[c];
        g.scale[c] = scale[3 + c] * sigmoid(covariance[c]);
        g.colour[c] = sigmoid(colour[c]);
    }
    for (int c = 0; c < 4; c++) g.rotation[c] = q[c] / norm;
    g.opacity = opacity;
    return g;
}

// The coefficients of a plain splat's colour, those of degree 3 at most.
struct Harmonics {
    float values[48];
};

GS_FN
Harmonics harmonics_of(const GsModel &model, int item) {
    const int count = 3 * (model.sh_degree + 1) * (model.sh_degree + 1);
    const size_t first = size_t(item) * count;
    Harmonics sh;
    if (model.sh_half)
        for (int i = 0; i < count; i++)
            sh.values[i] = float_of_half(static_cast<const unsigned short *>(model.sh)[first + i]);
    else
        for (int i = 0; i < count; i++) sh.values[i] = static_cast<const float *>(model.sh)[first + i];
    return sh;
}

// A plain splat is decoded but for its colour.
GS_FN
GsGaussian gaussian_of_splat(const GsModel &model, const GsView &view, int item, const Harmonics &sh) {
    const Vec3 position = load3(model.position + 3 * size_t(item)), d = position - load3(view.position);
    const Vec3 colour = colour_from_sh(sh.values, model.sh_degree, (1.0f / sqrtf(dot(d, d))) * d);
    GsGaussian g;
    // Not memcpy, which nvcc turns into loads of single bytes where it cannot tell the alignment.
    for (int c = 0; c < 3; c++) g.scale[c] = model.scale[3 * size_t(item) + c];
    load4(model.rotation + 4 * size_t(item), g.rotation);
    g.position[0] = position.x, g.position[1] = position.y, g.position[2] = position.z;
    g.colour[0] = colour.x, g.colour[1] = colour.y, g.colour[2] = colour.z;
    g.opacity = model.opacity[item];
    return g;
}

// --- project --------------------------------------------------------------------------------------------------------

GS_FN
TileRect tiles_of(const GsSplat &s) { return {s.tiles[0], s.tiles[1], s.tiles[2], s.tiles[3]}; }

// A Gaussian that is not drawn becomes a splat that covers no tile.
GS_FN
GsSplat project_one(const GsView &view, const GsGaussian &g) {
    GsSplat s;
    memset(&s, 0, sizeof s);
    Ellipse e;
    if (!ellipse_of(view, load3(g.position), g.scale, g.rotation, e)) return s;
    const float inverse = 1.0f / (e.xx * e.yy - e.xy * e.xy);
    s.x = e.x, s.y = e.y, s.z = e.z, s.opacity = g.opacity;
    s.conic[0] = e.yy * inverse, s.conic[1] = -e.xy * inverse, s.conic[2] = e.xx * inverse;
    memcpy(s.colour, g.colour, sizeof s.colour);
    s.tiles[0] = short(e.tiles.left), s.tiles[1] = short(e.tiles.top);
    s.tiles[2] = short(e.tiles.right), s.tiles[3] = short(e.tiles.bottom);
    return s;
}

// --- sort -----------------------------------------------------------------------------------------------------------

// A splat in a tile, in an order of 64 bits: near to far, ties by index. View z is above zero, so its bits are in the
// order of its values.
GS_FN
unsigned depth_bits(float z) {
    unsigned bits;
    memcpy(&bits, &z, sizeof bits);
    return bits;
}
GS_FN
unsigned long long pair_of(int splat, float z) { return (unsigned long long)depth_bits(z) << 32 | unsigned(splat); }
GS_FN
int splat_of(unsigned long long pair) { return int(pair & 0xffffffffu); }

// Where a splat shows: within `reach` squared sigmas of its centre, at which it fades below the 1/255 that is still
// blended.
struct Outline {
    float x, y, xx, xy, yy, reach;
    float xy_by_xx, xy_by_yy;
};

GS_FN
Outline outline_of(const GsSplat &s) {
    const float xx = s.conic[0], xy = s.conic[1], yy = s.conic[2];
    // 1e-3 more for rounding: a tile too many costs a little time, one too few a pixel.
    return {s.x, s.y, xx, xy, yy, 2.0f * log_about(255.0f * s.opacity) + 1e-3f, over_about(xy, xx), over_about(xy, yy)};
}

// Whether a splat shows anywhere between the pixel centres (x0, y0) and (x1, y1): whether the least of the quadratic
// form of its conic over the rectangle is within reach. Off the centre, that is on one of the two edges that face it.
GS_FN
bool shows_in(const Outline &o, float x0, float y0, float x1, float y1) {
    x0 -= o.x, x1 -= o.x, y0 -= o.y, y1 -= o.y;
    const float dx = clampf(0.0f, x0, x1), dy = clampf(0.0f, y0, y1); // to the nearest point
    // Along the facing upright edge, where dx is fixed, and along the facing level one.
    const float v = clampf(-o.xy_by_yy * dx, y0, y1), u = clampf(-o.xy_by_xx * dy, x0, x1);
    const float upright = o.xx * dx * dx + 2 * o.xy * dx * v + o.yy * v * v;
    const float level = o.xx * u * u + 2 * o.xy * u * dy + o.yy * dy * dy;
    // A rectangle that holds the centre along one axis faces it with the edge of the other axis alone.
    const float least = dx == 0 ? level : dy == 0 ? upright : minf(upright, level);
    return least <= o.reach;
}

// Half the height and half the width of an outline, and its discriminant over xx^2.
struct Extent {
    float tall, wide, bend;
};

GS_FN
Extent extent_of(const Outline &o) {
    const float determinant = o.xx * o.yy - o.xy * o.xy, reach = maxf(o.reach, 0.0f);
    return {sqrtf(reach * o.xx / determinant), sqrtf(reach * o.yy / determinant), determinant / (o.xx * o.xx)};
}

// Between which x an outline lies among the rows y0 to y1; false where it does not reach them. Its farthest points are
// those of the whole ellipse, or where those are above or below the rows, on the nearer of the two.
GS_FN
bool span_of(const Outline &o, const Extent &e, float y0, float y1, float &x0, float &x1) {
    const float top = maxf(y0 - o.y, -e.tall), bottom = minf(y1 - o.y, e.tall);
    if (!(top <= bottom && o.reach >= 0.0f)) return false;
    const float right = clampf(-o.xy_by_yy * e.wide, top, bottom), left = clampf(o.xy_by_yy * e.wide, top, bottom);
    const float squared = o.reach / o.xx;
    x0 = o.x - o.xy_by_xx * left - sqrtf(maxf(squared - e.bend * left * left, 0.0f));
    x1 = o.x - o.xy_by_xx * right + sqrtf(maxf(squared - e.bend * right * right, 0.0f));
    return true;
}

GS_FN
bool shows_in_tile(const Outline &o, int column, int row) {
    const float x = float(column * GS_TILE), y = float(row * GS_TILE);
    return shows_in(o, x, y, x + (GS_TILE - 1), y + (GS_TILE - 1));
}

// --- blend ----------------------------------------------------------------------------------------------------------

// How much of a pixel a splat covers that is (dx, dy) from its centre; zero where it is too faint to be drawn.
GS_FN
float alpha_at(float xx, float xy, float yy, float opacity, float dx, float dy) {
    const float power = -0.5f * (xx * dx * dx + yy * dy * dy) - xy * dx * dy;
    const float alpha = minf(0.99f, opacity * exp_negative(power));
    return power <= 0.0f && alpha >= 1.0f / 255.0f ? alpha : 0.0f;
}

// What a pixel lets through, and whether it still takes splats (1) or is finished (0).
struct Pixel {
    float transmittance, live;
};

// The weight of the next splat at a pixel. The splat that would take the transmittance below 1e-4 is the first that is
// not drawn.
GS_FN
float blend_one(float alpha, Pixel before, Pixel &after) {
    const float covers = alpha * before.live, next = before.transmittance * (1.0f - covers);
    const float goes_on = next < 1e-4f ? 0.0f : 1.0f;
    after.live = before.live * goes_on;
    after.transmittance = next < 1e-4f ? before.transmittance : next;
    return covers * before.transmittance * goes_on;
}

// What is asked of a pixel besides its colour: see GsInspection.
struct Inspected {
    Pixel pixel;
    int blended, front;
};

// Shows a pixel at (x, y) the next splat.
GS_FN
void inspect_one(const GsSplat &s, int index, float x, float y, float opacity, Inspected &i) {
    const float dx = s.x - x, dy = s.y - y;
    const float squared = s.conic[0] * dx * dx + 2 * s.conic[1] * dx * dy + s.conic[2] * dy * dy; // sigmas
    if (i.front < 0 && squared <= 1.0f && s.opacity >= opacity) i.front = index;
    const Pixel before = i.pixel;
    // 12 is more than 2 log 255, beyond which any splat is too faint.
    if (before.live == 0.0f || squared > 12.0f) return;
    const float alpha = alpha_at(s.conic[0], s.conic[1], s.conic[2], s.opacity, dx, dy);
    if (blend_one(alpha, before, i.pixel) > 0.0f) i.blended++;
}

GS_FN
unsigned char byte_of(float v) { return (unsigned char)(clampf(v, 0.0f, 1.0f) * 255.0f + 0.5f); }
