// Visible items -> Gaussians, in the order of the items. A warp decodes an anchor: its lanes are the units of a layer.
// Opacity first; a scan of the counts says where each anchor's Gaussians go; then covariance and colour of those kept.
#include "cuda.h"

enum { DECODE_WARPS = 4 }; // a block

DecodeScratch::DecodeScratch(Arena &arena, const GsModel &model) {
    kept = arena.take<int>(model.count + 1);
    sum = arena.take<int>(model.count + 1);
    scan_bytes = 0;
    cub::DeviceScan::ExclusiveSum(nullptr, scan_bytes, kept, sum, model.count + 1);
    scan = arena.take<char>(scan_bytes);
}

// The shared memory of a warp: a decoder's input, its hidden units, its outputs, and the banked feature.
struct WarpMemory {
    float input[GS_MAX_WIDTH], hidden[GS_MAX_WIDTH], output[GS_MAX_WIDTH], banked[GS_MAX_WIDTH];
};

// y = x W + b for a warp; W is [inputs, outputs], so that neighbouring lanes read neighbouring words.
__device__ static void dense(const float *weight, const float *bias, int inputs, int outputs, const float *x, float *y,
                             bool relu) {
    for (int o = threadIdx.x % WARP; o < outputs; o += WARP) {
        float sum = bias[o];
        for (int i = 0; i < inputs; i++) sum += x[i] * weight[size_t(i) * outputs + o];
        y[o] = relu ? maxf(sum, 0.0f) : sum;
    }
    __syncwarp();
}

// Leaves the raw outputs in memory.output.
__device__ static void evaluate(const GsModel &model, const GsMlp &mlp, const float *feature, const AnchorView &a,
                                WarpMemory &memory) {
    for (int i = threadIdx.x % WARP; i < mlp.inputs; i += WARP) memory.input[i] = decoder_input(model, mlp, feature, a, i);
    __syncwarp();
    dense(mlp.weight1, mlp.bias1, mlp.inputs, mlp.hidden, memory.input, memory.hidden, true);
    dense(mlp.weight2, mlp.bias2, mlp.hidden, mlp.outputs, memory.hidden, memory.output, false);
}

__device__ static const float *feature_of(const GsModel &model, const AnchorView &a, int item, WarpMemory &memory) {
    const float *feature = model.feature + size_t(item) * model.features;
    if (!model.bank_mlp.outputs) return feature;
    evaluate(model, model.bank_mlp, feature, a, memory);
    float weights[3] = {memory.output[0], memory.output[1], memory.output[2]};
    softmax3(weights);
    for (int i = threadIdx.x % WARP; i < model.features; i += WARP)
        memory.banked[i] = banked_feature(feature, model.features, weights, i);
    __syncwarp();
    return memory.banked;
}

static __global__ void decode_opacity(GsModel model, GsView view, GsBuffers buffers, int *kept) {
    __shared__ WarpMemory memories[DECODE_WARPS];
    WarpMemory &memory = memories[threadIdx.x / WARP];
    const int lane = threadIdx.x % WARP;
    const long long visible = buffers.counts->visible, warps = thread_count() / WARP;
    for (long long v = thread_index() / WARP; v < visible; v += warps) {
        const int item = buffers.item_from_visible[v];
        const AnchorView a = anchor_view(model, view, item);
        evaluate(model, model.opacity_mlp, feature_of(model, a, item, memory), a, memory);
        float fade;
        passes_level(model, view, item, fade);
        int count = 0;
        for (int k = lane; k < model.offsets; k += WARP) {
            const float opacity = tanhf(memory.output[k]) * fade;
            buffers.visible_opacity[size_t(v) * model.offsets + k] = opacity;
            count += opacity > 0.0f;
        }
        count = warp_sum(count);
        if (lane == 0) kept[v] = count;
        __syncwarp(); // all lanes have read the outputs before the next anchor's overwrite them
    }
}

static __global__ void decode_anchors(GsModel model, GsView view, GsBuffers buffers, const int *sum) {
    __shared__ WarpMemory memories[DECODE_WARPS];
    WarpMemory &memory = memories[threadIdx.x / WARP];
    const int lane = threadIdx.x % WARP;
    const long long visible = buffers.counts->visible, warps = thread_count() / WARP;
    if (thread_index() == 0) buffers.counts->gaussians = sum[model.count];
    for (long long v = thread_index() / WARP; v < visible; v += warps) {
        const int first = sum[v];
        if (lane == 0) buffers.gaussian_from_visible[v] = first;
        if (sum[v + 1] == first) continue;
        const int item = buffers.item_from_visible[v];
        const AnchorView a = anchor_view(model, view, item);
        const float *feature = feature_of(model, a, item, memory);
        evaluate(model, model.covariance_mlp, feature, a, memory);
        // A lane keeps the covariance of its offset while the colours take the place of the outputs. Offsets beyond a
        // warp's lanes go round again.
        for (int base = 0; base < model.offsets; base += WARP) {
            const int k = base + lane;
            if (base > 0) evaluate(model, model.covariance_mlp, feature, a, memory);
            float covariance[7];
            for (int c = 0; c < 7; c++) covariance[c] = k < model.offsets ? memory.output[7 * k + c] : 0.0f;
            __syncwarp();
            evaluate(model, model.colour_mlp, feature, a, memory);
            const float *opacity = buffers.visible_opacity + size_t(v) * model.offsets;
            int before = 0;
            for (int other = 0; other < min(k, model.offsets); other++) before += opacity[other] > 0.0f;
            if (k < model.offsets && opacity[k] > 0.0f && first + before < buffers.gaussian_capacity)
                buffers.gaussians[first + before] =
                    gaussian_of(model, item, k, opacity[k], covariance, memory.output + 3 * k);
            __syncwarp();
        }
    }
}

static __global__ void decode_splats(GsModel model, GsView view, GsBuffers buffers) {
    const long long visible = buffers.counts->visible;
    if (thread_index() == 0) buffers.counts->gaussians = visible;
    for (long long v = thread_index(); v < fitting(visible, buffers.gaussian_capacity); v += thread_count()) {
        buffers.gaussian_from_visible[v] = int(v);
        buffers.gaussians[v] = gaussian_of_splat(model, view, buffers.item_from_visible[v]);
    }
}

int gs_decode(const GsModel *model, const GsView *view, const GsBuffers *buffers, void *stream_pointer) {
    const cudaStream_t stream = stream_of(stream_pointer);
    if (model->kind == GS_SPLATS) {
        decode_splats<<<resident_blocks(), THREADS, 0, stream>>>(*model, *view, *buffers);
        return int(cudaGetLastError());
    }
    Arena arena(buffers->scratch);
    DecodeScratch scratch(arena, *model);
    GS_TRY(cudaMemsetAsync(scratch.kept, 0, sizeof(int) * (size_t(model->count) + 1), stream));
    decode_opacity<<<resident_blocks(), DECODE_WARPS * WARP, 0, stream>>>(*model, *view, *buffers, scratch.kept);
    GS_TRY(cub::DeviceScan::ExclusiveSum(scratch.scan, scratch.scan_bytes, scratch.kept, scratch.sum, model->count + 1,
                                         stream));
    decode_anchors<<<resident_blocks(), DECODE_WARPS * WARP, 0, stream>>>(*model, *view, *buffers, scratch.sum);
    return int(cudaGetLastError());
}
