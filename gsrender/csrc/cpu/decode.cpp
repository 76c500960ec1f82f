// Visible items -> Gaussians, in the order of the items. The decoders of an anchor are three small dense networks:
// opacity first, the other two only where an anchor keeps a Gaussian. A vector has an anchor in each lane.
#include "cpu.h"
#include "lanes.h"

enum { GROUP = LANES, SUMS = 8 };

DecodeScratch::DecodeScratch(Arena &arena, const GsModel &model) {
    const size_t groups = (size_t(model.count) + GROUP - 1) / GROUP;
    first = arena.take<long long>(groups + 1);
    opacity = arena.take<float>(groups * GROUP * model.offsets);
}

// Anchors, and what the decoders see of them. Behind the last of all, lanes repeat it.
struct Group {
    int count;
    int item[GROUP];
    Lanes feature[WIDTH];
    Lanes direction[3], distance, level;
};

// `Count` outputs of y = x W + b from the first of `weight` and `bias` on, W stored [inputs, outputs]. Their sums stay
// in registers, and each weight is read once for all anchors.
template <int Count>
static void dense(const float *weight, const float *bias, int inputs, int outputs, const Lanes *x, Lanes *y) {
    Lanes sum[Count];
    for (int o = 0; o < Count; o++) sum[o] = all_of(bias[o]);
    for (int i = 0; i < inputs; i++, weight += outputs)
        for (int o = 0; o < Count; o++) sum[o] += x[i] * weight[o];
    for (int o = 0; o < Count; o++) y[o] = sum[o];
}

static void layer(const float *weight, const float *bias, int inputs, int outputs, const Lanes *x, Lanes *y) {
    for (int o = 0; o < outputs && outputs < SUMS; o++) dense<1>(weight + o, bias + o, inputs, outputs, x, y + o);
    for (int o = 0; o < outputs && outputs >= SUMS; o += SUMS) {
        const int first = o + SUMS < outputs ? o : outputs - SUMS; // rather some twice than some alone
        dense<SUMS>(weight + first, bias + first, inputs, outputs, x, y + first);
    }
}

static void evaluate(const GsModel &model, const GsMlp &mlp, const Group &group, Lanes *output) {
    Lanes input[WIDTH], hidden[WIDTH];
    Lanes *next = input;
    for (int i = 0; i < mlp.features; i++) *next++ = group.feature[i];
    for (const Lanes &axis : group.direction) *next++ = axis;
    if (mlp.distance) *next++ = group.distance;
    if (mlp.level) *next++ = group.level;
    for (int i = 0; i < mlp.appearance; i++) *next++ = all_of(model.appearance[i]);
    layer(mlp.weight1, mlp.bias1, mlp.inputs, mlp.hidden, input, hidden);
    for (int i = 0; i < mlp.hidden; i++) hidden[i] = max_of(hidden[i], Lanes{});
    layer(mlp.weight2, mlp.bias2, mlp.hidden, mlp.outputs, hidden, output);
}

// Replaces the features by what a feature bank makes of them.
static void mix(const GsModel &model, Group &group) {
    Lanes weights[WIDTH], mixed[WIDTH];
    evaluate(model, model.bank_mlp, group, weights);
    const Lanes top = max_of(weights[0], max_of(weights[1], weights[2]));
    for (int i = 0; i < 3; i++) weights[i] = exp_of(weights[i] - top);
    const Lanes sum = weights[0] + weights[1] + weights[2];
    for (int i = 0; i < 3; i++) weights[i] /= sum;
    for (int i = 0; i < model.features; i++) mixed[i] = banked_feature(group.feature, model.features, weights, i);
    memcpy(group.feature, mixed, sizeof(Lanes) * model.features);
}

static void load(const GsModel &model, const GsView &view, const GsBuffers &buffers, int first, int visible,
                 Group &group) {
    group.count = visible - first < GROUP ? visible - first : GROUP;
    for (int lane = 0; lane < GROUP; lane++) {
        const int item = buffers.item_from_visible[first + (lane < group.count ? lane : group.count - 1)];
        const float *feature = model.feature + size_t(item) * model.features;
        for (int i = 0; i < model.features; i++) group.feature[i][lane] = feature[i];
        const AnchorView a = anchor_view(model, view, item);
        group.direction[0][lane] = a.direction.x, group.direction[1][lane] = a.direction.y;
        group.direction[2][lane] = a.direction.z, group.distance[lane] = a.distance, group.level[lane] = a.level;
        group.item[lane] = item;
    }
    if (model.bank_mlp.outputs) mix(model, group);
}

// Opacities [K, GROUP] of the anchors; returns how many are above zero, which is how many Gaussians there will be.
static int opacities_of(const GsModel &model, const GsView &view, const Group &group, float *opacity) {
    Lanes output[WIDTH], fade = all_of(1);
    evaluate(model, model.opacity_mlp, group, output);
    for (int lane = 0; lane < GROUP && fades(model); lane++) {
        float factor;
        passes_level(model, view, group.item[lane], factor);
        fade[lane] = factor;
    }
    Ints kept = {};
    for (int k = 0; k < model.offsets; k++) {
        const Lanes value = tanh_of(output[k]) * fade;
        store_lanes(opacity + k * GROUP, value);
        kept -= value > 0.0f;
    }
    int sum = 0;
    for (int lane = 0; lane < group.count; lane++) sum += kept[lane];
    return sum;
}

// The raw outputs of the decoders become factors of the size, unit quaternions and colours.
static void activate(int offsets, Lanes *covariance, Lanes *colour) {
    for (int k = 0; k < offsets; k++, covariance += 7, colour += 3) {
        for (int c = 0; c < 3; c++) covariance[c] = sigmoid_of(covariance[c]), colour[c] = sigmoid_of(colour[c]);
        Lanes *q = covariance + 3;
        const Lanes norm = sqrt_of(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
        for (int c = 0; c < 4; c++) q[c] /= max_of(norm, all_of(1e-12f));
    }
}

// Gaussian `k` of the anchor in a lane, as the shared gaussian_of makes it of the raw outputs.
static GsGaussian gaussian_of(const GsModel &model, const Group &group, int lane, int k, float opacity,
                              const Lanes *covariance, const Lanes *colour) {
    const size_t item = group.item[lane];
    const float *scale = model.scale + 6 * item, *offset = model.offset + 3 * (item * model.offsets + k);
    covariance += 7 * k, colour += 3 * k;
    GsGaussian g;
    for (int c = 0; c < 3; c++) {
        g.position[c] = model.position[3 * item + c] + offset[c] * scale[c];
        g.scale[c] = scale[3 + c] * covariance[c][lane];
        g.colour[c] = colour[c][lane];
    }
    for (int c = 0; c < 4; c++) g.rotation[c] = covariance[3 + c][lane];
    g.opacity = opacity;
    return g;
}

static void decode_group(const GsModel &model, const Group &group, const float *opacity, GsGaussian *out,
                         long long room) { // that there is at `out`
    Lanes covariance[WIDTH], colour[WIDTH];
    evaluate(model, model.covariance_mlp, group, covariance);
    evaluate(model, model.colour_mlp, group, colour);
    activate(model.offsets, covariance, colour);
    for (int lane = 0; lane < group.count; lane++)
        for (int k = 0; k < model.offsets && room > 0; k++)
            if (opacity[k * GROUP + lane] > 0.0f)
                *out++ = gaussian_of(model, group, lane, k, opacity[k * GROUP + lane], covariance, colour), room--;
}

static void decode_anchors(const GsModel &model, const GsView &view, const GsBuffers &buffers) {
    Arena arena(buffers.scratch);
    DecodeScratch scratch(arena, model);
    const int visible = int(buffers.counts->visible), groups = (visible + GROUP - 1) / GROUP;
#pragma omp parallel for schedule(dynamic, 4)
    for (int g = 0; g < groups; g++) {
        Group group;
        load(model, view, buffers, g * GROUP, visible, group);
        scratch.first[g] = opacities_of(model, view, group, scratch.opacity + size_t(g) * GROUP * model.offsets);
    }
    buffers.counts->gaussians = exclusive_sum(scratch.first, groups);
    scratch.first[groups] = buffers.counts->gaussians;
#pragma omp parallel for schedule(dynamic, 4)
    for (int g = 0; g < groups; g++) {
        const long long first = scratch.first[g];
        if (first == scratch.first[g + 1]) continue;
        Group group;
        load(model, view, buffers, g * GROUP, visible, group);
        decode_group(model, group, scratch.opacity + size_t(g) * GROUP * model.offsets, buffers.gaussians + first,
                     buffers.gaussian_capacity - first);
    }
}

static void decode_splats(const GsModel &model, const GsView &view, const GsBuffers &buffers) {
    const long long visible = buffers.counts->visible, count = fitting(visible, buffers.gaussian_capacity);
#pragma omp parallel for schedule(static)
    for (long long v = 0; v < count; v++) {
        const int item = buffers.item_from_visible[v];
        buffers.gaussians[v] = gaussian_of_splat(model, view, item, harmonics_of(model, item));
    }
    buffers.counts->gaussians = visible;
}

int decode(const GsModel &model, const GsView &view, const GsBuffers &buffers) {
    model.kind == GS_ANCHORS ? decode_anchors(model, view, buffers) : decode_splats(model, view, buffers);
    return 0;
}
