// Visible items -> splats, in the order of the items: decode and project at once, so that a Gaussian lives in
// registers.
//
// The decoders of an anchor are three small dense networks. Those of the trainers' sizes are for tensor cores, see
// decode_tensor.cu; this is the way for all others. A warp takes four anchors: its lanes are the units of a layer, and
// each weight that a lane reads serves four anchors. Weights lie in shared memory where they fit. Opacity first; a
// running sum over the blocks says where an anchor's Gaussians go; then covariance and colour, only where one of the
// four keeps a Gaussian.
#include "decode.h"

// Where each decoder's weights begin, and how large the parts of shared memory are: weights in floats, others in
// float4.
struct DecodeLayout {
    int weights[4]; // opacity, covariance, colour, bank
    int all_weights, input, hidden, output;
    bool weights_fit; // the block's part of shared memory, which is 227 KB on an H100 and 64 KB on an RTX 20

    static int size_of(const GsMlp &m) { return (m.inputs + 1) * m.hidden + (m.hidden + 1) * m.outputs; }

    explicit DecodeLayout(const GsModel &model) {
        const GsMlp *mlps[] = {&model.opacity_mlp, &model.covariance_mlp, &model.colour_mlp, &model.bank_mlp};
        all_weights = input = hidden = 0;
        for (int i = 0; i < 4; i++) {
            weights[i] = all_weights;
            all_weights += size_of(*mlps[i]);
            input = mlps[i]->inputs > input ? mlps[i]->inputs : input;
            hidden = mlps[i]->hidden > hidden ? mlps[i]->hidden : hidden;
        }
        all_weights = (all_weights + 3) / 4 * 4; // what follows is float4
        output = model.offsets * (1 + 7 + 3) + 3;
        weights_fit = bytes() <= shared_memory();
        if (!weights_fit) all_weights = 0;
    }
    static size_t shared_memory() { // of a block, beside what the kernel declares itself
        static const size_t most = [] {
            int device = 0, bytes = 0;
            cudaGetDevice(&device);
            cudaDeviceGetAttribute(&bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
            return size_t(bytes) - 1024;
        }();
        return most;
    }
    size_t bytes() const { return sizeof(float) * all_weights + WARPS * sizeof(float4) * (input + hidden + output); }
};

static __device__ float component(const float4 &v, int i) { return i == 0 ? v.x : i == 1 ? v.y : i == 2 ? v.z : v.w; }

// y = x W + b for four anchors; W is [inputs, outputs], so that neighbouring lanes read neighbouring words.
static __device__ void dense(const float *weight, const float *bias, int inputs, int outputs, const float4 *x,
                             float4 *y, bool relu) {
    for (int o = lane(); o < outputs; o += WARP) {
        const float b = bias[o];
        float4 sum = {b, b, b, b};
#pragma unroll 8
        for (int i = 0; i < inputs; i++) {
            const float w = weight[i * outputs + o];
            const float4 v = x[i];
            sum.x += v.x * w, sum.y += v.y * w, sum.z += v.z * w, sum.w += v.w * w;
        }
        y[o] = relu ? float4{maxf(sum.x, 0), maxf(sum.y, 0), maxf(sum.z, 0), maxf(sum.w, 0)} : sum;
    }
    __syncwarp();
}

struct Decoder {
    const GsModel &model;
    float4 *input, *hidden; // of this warp
    int item[GROUP];        // -1: none
    AnchorView seen[GROUP];
    float bank[GROUP][3];

    __device__ float input_of(const GsMlp &mlp, int g, int i) const {
        if (item[g] < 0) return 0.0f;
        const float *feature = model.feature + size_t(item[g]) * model.features;
        if (model.bank_mlp.outputs && i < mlp.features) return banked_feature(feature, model.features, bank[g], i);
        return decoder_input(model, mlp, feature, seen[g], i);
    }

    // `weights` holds weight1, bias1, weight2, bias2 behind each other, or is null: then they are where the model has
    // them.
    __device__ void evaluate(const GsMlp &mlp, const float *weights, float4 *output) {
        for (int i = lane(); i < mlp.inputs; i += WARP)
            input[i] = {input_of(mlp, 0, i), input_of(mlp, 1, i), input_of(mlp, 2, i), input_of(mlp, 3, i)};
        __syncwarp();
        if (weights) {
            const float *bias1 = weights + mlp.inputs * mlp.hidden, *weight2 = bias1 + mlp.hidden;
            dense(weights, bias1, mlp.inputs, mlp.hidden, input, hidden, true);
            dense(weight2, weight2 + mlp.hidden * mlp.outputs, mlp.hidden, mlp.outputs, hidden, output, false);
        } else {
            dense(mlp.weight1, mlp.bias1, mlp.inputs, mlp.hidden, input, hidden, true);
            dense(mlp.weight2, mlp.bias2, mlp.hidden, mlp.outputs, hidden, output, false);
        }
    }
};

static __global__ void __launch_bounds__(THREADS)
    decode_anchors(const GsModel model, const GsBuffers buffers, const DecodeLayout layout, const Scratch scratch) {
    extern __shared__ float4 memory[];
    __shared__ unsigned chunk;
    __shared__ int kept[DECODE_CHUNK]; // of each anchor, then of those before it
    __shared__ int items[DECODE_CHUNK];
    __shared__ long long first;
    float *const weights = reinterpret_cast<float *>(memory);
    float4 *const input = memory + layout.all_weights / 4 + warp() * (layout.input + layout.hidden + layout.output);
    float4 *const opacity = input + layout.input + layout.hidden, *const covariance = opacity + model.offsets,
                  *const colour = covariance + 7 * model.offsets;
    const float *at[4]; // each decoder's weights
    for (int i = 0; i < 4; i++) at[i] = layout.weights_fit ? weights + layout.weights[i] : nullptr;
    stamp(buffers, GS_DECODE);
    const long long visible = buffers.counts->visible;
    if (blockIdx.x * (long long)DECODE_CHUNK >= visible) return; // there are no more chunks than blocks before this one
    for (int i = threadIdx.x; i < layout.all_weights / 4; i += THREADS)
        memory[i] = reinterpret_cast<const float4 *>(model.weights)[i];
    const GsView view = *buffers.view;
    Decoder decoder = {model, input, input + layout.input};
    int drawn = 0;
    while (true) {
        const long long start = take_chunk(scratch, chunk); // and the weights are there
        if (start >= visible) break;

        float fade[GROUP];
#pragma unroll
        for (int g = 0; g < GROUP; g++) {
            const long long v = start + warp() * GROUP + g;
            decoder.item[g] = v < visible ? buffers.item_from_visible[v] : -1;
            if (lane() == 0) items[warp() * GROUP + g] = decoder.item[g];
            fade[g] = 0.0f;
            if (decoder.item[g] < 0) continue;
            decoder.seen[g] = anchor_view(model, view, decoder.item[g]);
            fade[g] = 1.0f;
            if (fades(model)) passes_level(model, view, decoder.item[g], fade[g]);
        }
        if (model.bank_mlp.outputs) {
            decoder.evaluate(model.bank_mlp, at[3], opacity); // its three outputs; opacity has room for three
#pragma unroll
            for (int g = 0; g < GROUP; g++) {
#pragma unroll
                for (int i = 0; i < 3; i++) decoder.bank[g][i] = component(opacity[i], g);
                softmax3(decoder.bank[g]);
            }
            __syncwarp();
        }
        decoder.evaluate(model.opacity_mlp, at[0], opacity);
        int keeps[GROUP] = {};
        for (int k = lane(); k < model.offsets; k += WARP) {
            const float4 raw = opacity[k];
            const float4 o = {tanhf(raw.x) * fade[0], tanhf(raw.y) * fade[1], tanhf(raw.z) * fade[2],
                              tanhf(raw.w) * fade[3]};
            opacity[k] = o;
#pragma unroll
            for (int g = 0; g < GROUP; g++) keeps[g] += component(o, g) > 0.0f;
        }
        int any = 0;
#pragma unroll
        for (int g = 0; g < GROUP; g++) {
            keeps[g] = warp_sum(keeps[g]);
            if (lane() == 0) kept[warp() * GROUP + g] = keeps[g];
            any += keeps[g];
        }
        __syncthreads();
        place_gaussians(buffers, scratch, chunk, start + DECODE_CHUNK >= visible, kept, first);
        if (any) {
            decoder.evaluate(model.covariance_mlp, at[1], covariance);
            decoder.evaluate(model.colour_mlp, at[2], colour);
        }
        __syncthreads();
        // A lane a Gaussian of the four anchors.
        for (int i = lane(); any && i < GROUP * model.offsets; i += WARP) {
            const int g = i / model.offsets, k = i % model.offsets;
            const float o = component(opacity[k], g);
            if (!(o > 0.0f)) continue;
            int before = kept[warp() * GROUP + g];
            for (int other = 0; other < k; other++) before += component(opacity[other], g) > 0.0f;
            float shape[7], rgb[3];
            for (int c = 0; c < 7; c++) shape[c] = component(covariance[7 * k + c], g);
            for (int c = 0; c < 3; c++) rgb[c] = component(colour[3 * k + c], g);
            write_splat(view, buffers, scratch, first + before,
                        gaussian_of(model, items[warp() * GROUP + g], k, o, shape, rgb), drawn);
        }
    }
    count_drawn(buffers, drawn);
}

// A splat's coefficients, in registers. Rows of degree 3 are on 16 bytes: a quarter of the loads, or an eighth.
template <int DEGREE> static __device__ Harmonics load_harmonics(const GsModel &model, int item) {
    if (DEGREE < 3) return harmonics_of(model, item);
    Harmonics sh;
    if (model.sh_half) {
        const uint4 *row = static_cast<const uint4 *>(model.sh) + 6 * size_t(item);
#pragma unroll
        for (int i = 0; i < 6; i++) {
            const uint4 words = row[i];
            const unsigned pairs[4] = {words.x, words.y, words.z, words.w};
#pragma unroll
            for (int c = 0; c < 8; c++)
                sh.values[8 * i + c] = float_of_half((unsigned short)(pairs[c / 2] >> 16 * (c % 2)));
        }
    } else {
        const float *row = static_cast<const float *>(model.sh) + 48 * size_t(item);
#pragma unroll
        for (int i = 0; i < 12; i++) load4(row + 4 * i, sh.values + 4 * i);
    }
    return sh;
}

template <int DEGREE> static __global__ void __launch_bounds__(THREADS, 3)
    decode_splats(GsModel model, const GsBuffers buffers, const Scratch scratch) {
    stamp(buffers, GS_DECODE);
    model.sh_degree = DEGREE; // which the compiler is to know: the coefficients are an array in registers
    const GsView view = *buffers.view;
    const long long visible = buffers.counts->visible;
    if (thread_index() == 0) buffers.counts->gaussians = visible;
    int drawn = 0;
    for (long long v = thread_index(); v < visible; v += thread_count()) {
        const int item = buffers.item_from_visible[v];
        const Harmonics sh = load_harmonics<DEGREE>(model, item);
        write_splat(view, buffers, scratch, v, gaussian_of_splat(model, view, item, sh), drawn);
    }
    count_drawn(buffers, drawn);
}

int decode(const GsModel &model, const GsView &view, const GsBuffers &buffers, cudaStream_t stream) {
    Arena arena(buffers.scratch);
    const Scratch scratch(arena, model, view, buffers);
    if (model.kind == GS_SPLATS) {
        const auto kernels = {decode_splats<0>, decode_splats<1>, decode_splats<2>, decode_splats<3>};
        kernels.begin()[model.sh_degree]<<<resident_blocks(12), THREADS, 0, stream>>>(model, buffers, scratch);
        return int(cudaGetLastError());
    }
    if (decodes_on_tensor_cores(model)) return decode_on_tensor_cores(model, buffers, scratch, stream);
    const DecodeLayout layout(model);
    if (layout.bytes() > DecodeLayout::shared_memory()) return TOO_WIDE;
    GS_TRY(cudaFuncSetAttribute(decode_anchors, cudaFuncAttributeMaxDynamicSharedMemorySize, int(layout.bytes())));
    decode_anchors<<<resident_blocks(2), THREADS, layout.bytes(), stream>>>(model, buffers, layout, scratch);
    return int(cudaGetLastError());
}
