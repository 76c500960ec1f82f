// Visible items -> Gaussians, in the order of the items. The decoders of an anchor are three small dense networks:
// opacity first, the other two only for anchors that keep a Gaussian.
#include "cpu.h"

DecodeScratch::DecodeScratch(Arena &arena, const GsModel &model) {
    first = arena.take<long long>(blocks_of(model.count) + 1);
    kept = arena.take<int>(model.count);
    opacity = arena.take<float>(size_t(model.count) * model.offsets);
}

// y = x W + b, W stored [inputs, outputs]: the inner loop runs over outputs and vectorises.
static void dense(const float *weight, const float *bias, int inputs, int outputs, const float *x, float *y) {
    memcpy(y, bias, sizeof(float) * outputs);
    for (int i = 0; i < inputs; i++) {
        const float xi = x[i], *row = weight + size_t(i) * outputs;
#pragma omp simd
        for (int o = 0; o < outputs; o++) y[o] += xi * row[o];
    }
}

static void evaluate(const GsModel &model, const GsMlp &mlp, const float *feature, const AnchorView &a, float *output) {
    float input[WIDTH], hidden[WIDTH];
    for (int i = 0; i < mlp.inputs; i++) input[i] = decoder_input(model, mlp, feature, a, i);
    dense(mlp.weight1, mlp.bias1, mlp.inputs, mlp.hidden, input, hidden);
    for (int i = 0; i < mlp.hidden; i++) hidden[i] = maxf(hidden[i], 0.0f);
    dense(mlp.weight2, mlp.bias2, mlp.hidden, mlp.outputs, hidden, output);
}

// The anchor's feature as the decoders see it; `banked` is room for it where a feature bank mixes it.
static const float *feature_of(const GsModel &model, const AnchorView &a, int item, float *banked) {
    const float *feature = model.feature + size_t(item) * model.features;
    if (!model.bank_mlp.outputs) return feature;
    float weights[WIDTH];
    evaluate(model, model.bank_mlp, feature, a, weights);
    softmax3(weights);
    for (int i = 0; i < model.features; i++) banked[i] = banked_feature(feature, model.features, weights, i);
    return banked;
}

// Opacities [K] of an anchor; returns how many are above zero, which is how many Gaussians it makes.
static int opacities_of(const GsModel &model, const GsView &view, int item, float *opacity) {
    float banked[WIDTH], output[WIDTH], fade;
    const AnchorView a = anchor_view(model, view, item);
    evaluate(model, model.opacity_mlp, feature_of(model, a, item, banked), a, output);
    passes_level(model, view, item, fade);
    int kept = 0;
    for (int k = 0; k < model.offsets; k++) {
        opacity[k] = tanhf(output[k]) * fade;
        kept += opacity[k] > 0.0f;
    }
    return kept;
}

static void decode_anchor(const GsModel &model, const GsView &view, int item, const float *opacity, GsGaussian *out,
                          long long room) {
    float banked[WIDTH], covariance[WIDTH], colour[WIDTH];
    const AnchorView a = anchor_view(model, view, item);
    const float *feature = feature_of(model, a, item, banked);
    evaluate(model, model.covariance_mlp, feature, a, covariance);
    evaluate(model, model.colour_mlp, feature, a, colour);
    for (int k = 0; k < model.offsets && room > 0; k++)
        if (opacity[k] > 0.0f)
            *out++ = gaussian_of(model, item, k, opacity[k], covariance + 7 * k, colour + 3 * k), room--;
}

static void decode_anchors(const GsModel &model, const GsView &view, const GsBuffers &buffers) {
    Arena arena(buffers.scratch);
    DecodeScratch scratch(arena, model);
    const int visible = int(buffers.counts->visible), blocks = blocks_of(visible);
#pragma omp parallel for schedule(dynamic)
    for (int block = 0; block < blocks; block++) {
        int kept = 0;
        for (int v = block * BLOCK; v < end_of(block, visible); v++) {
            scratch.kept[v] = kept;
            kept +=
                opacities_of(model, view, buffers.item_from_visible[v], scratch.opacity + size_t(v) * model.offsets);
        }
        scratch.first[block] = kept;
    }
    buffers.counts->gaussians = exclusive_sum(scratch.first, blocks);
#pragma omp parallel for schedule(dynamic)
    for (int block = 0; block < blocks; block++)
        for (int v = block * BLOCK; v < end_of(block, visible); v++) {
            const long long first = scratch.first[block] + scratch.kept[v];
            decode_anchor(model, view, buffers.item_from_visible[v], scratch.opacity + size_t(v) * model.offsets,
                          buffers.gaussians + first, buffers.gaussian_capacity - first);
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
