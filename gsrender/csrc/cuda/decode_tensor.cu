// Anchors -> splats on tensor cores, for decoders of 32 features and 32 hidden units: those of every trainer.
//
// Three warps take 16 anchors, each with one of the decoders. The matrix instruction multiplies 16 x 8 by 8 x 8 and
// leaves each lane the values of two rows and two neighbouring columns. Which feature, unit or output a column stands
// for is free, as long as the weights are laid out for it (fragments.py), and is chosen so that
//   - a lane's inputs are eight features of an anchor that follow each other in memory,
//   - the hidden units that a lane holds are its inputs to the second layer,
//   - a lane ends up with all values of a Gaussian: of anchors `row` and `row + 8`, Gaussian 4 q + `column`,
// and nothing is exchanged between the lanes of a warp on the way. Floats are cut in two parts of 11 bits each, three
// products of which keep 21 bits: Gaussians differ from the plain way's by some 1e-6.
#include "decode.h"

#include <algorithm>

// The k of a product are taken eight at a STEP, its columns eight at a STRIP.
enum { FEATURES = GS_TENSOR_UNITS, HIDDEN = GS_TENSOR_UNITS, STEPS = FEATURES / 8, STRIPS = HIDDEN / 8 };
// Three warps share 16 anchors: they have a decoder each, and then every third four of their Gaussians.
enum { ROWS = 16, SIXTEENS = DECODE_CHUNK / ROWS, PARTS = 3, TENSOR_THREADS = SIXTEENS * PARTS * WARP };
enum { OPACITY = 0, COVARIANCE = 1, COLOUR = 2 }; // parts

// Where a lane is in a product: its rows are `row` and `row + 8`, its columns 2 `column` and the next.
static __device__ int row() { return lane() / 4; }
static __device__ int column() { return lane() % 4; }
static_assert(FEATURES == 4 * 8, "each of the four lanes of a row has eight features");
static_assert(int(GS_TENSOR_OFFSETS) <= 32, "a bit a Gaussian");

// A lane's four values of the 16 x 8 on the left of a product, in two parts.
struct Left {
    unsigned high[4], low[4];

    __device__ Left(float a, float b, float c, float d) {
        const float values[4] = {a, b, c, d};
#pragma unroll
        for (int i = 0; i < 4; i++) split(values[i], high[i], low[i]);
    }
    static __device__ void split(float value, unsigned &high, unsigned &low) {
        high = __float_as_uint(value) & 0xffffe000u;
        low = __float_as_uint(value - __uint_as_float(high));
    }
};

static __device__ void multiply_add(float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
#if __CUDA_ARCH__ >= 800
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
        "%3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#endif
}

// sum += left x weights; small products first.
static __device__ void multiply_add(float (&sum)[4], const Left &left, const float2 &weights) {
    unsigned high[2], low[2];
    Left::split(weights.x, high[0], low[0]), Left::split(weights.y, high[1], low[1]);
    multiply_add(sum, left.low, high[0], high[1]);
    multiply_add(sum, left.high, low[0], low[1]);
    multiply_add(sum, left.high, high[0], high[1]);
}

// A decoder's weights as fragments.py lays them out: a lane's two of each 8 x 8, a bias for each column.
struct Fragments {
    const float2 *weight1; // [input steps, STRIPS, WARP]
    const float *bias1;    // [STRIPS, 8]
    const float2 *weight2; // [output strips, STRIPS, WARP]
    const float *bias2;    // [output strips, 8]
    int inputs;            // steps of eight

    // `values` of a Gaussian: an even number, so that two columns are one Gaussian's.
    __device__ Fragments(const GsMlp &mlp, int offsets, int values) {
        inputs = (mlp.inputs + 7) / 8;
        const int outputs = (offsets + 3) / 4 * (values / 2);
        weight1 = reinterpret_cast<const float2 *>(mlp.fragments);
        bias1 = mlp.fragments + 2 * WARP * STRIPS * inputs;
        weight2 = reinterpret_cast<const float2 *>(bias1 + HIDDEN);
        bias2 = bias1 + HIDDEN + 2 * WARP * STRIPS * outputs;
    }
};

static __device__ void begin(float (&sum)[4], const float *bias) {
    const float2 own = *reinterpret_cast<const float2 *>(bias + 2 * column());
    sum[0] = sum[2] = own.x, sum[1] = sum[3] = own.y;
}

// The two anchors of a lane.
struct Anchors {
    int item[2];
    AnchorView seen[2];
    float4 feature[2][2];

    __device__ float input(const GsModel &model, const GsMlp &mlp, int which, int i) const {
        return i < mlp.inputs ? decoder_input(model, mlp, nullptr, seen[which], i) : 0.0f;
    }
};

struct Hidden {
    float unit[STRIPS][4];

    __device__ explicit Hidden(const float4 (&kept)[STRIPS][WARP]) {
#pragma unroll
        for (int strip = 0; strip < STRIPS; strip++) {
            const float4 &own = kept[strip][lane()];
            unit[strip][0] = own.x, unit[strip][1] = own.y, unit[strip][2] = own.z, unit[strip][3] = own.w;
        }
    }
    __device__ void keep(float4 (&in)[STRIPS][WARP]) const {
#pragma unroll
        for (int strip = 0; strip < STRIPS; strip++)
            in[strip][lane()] = {unit[strip][0], unit[strip][1], unit[strip][2], unit[strip][3]};
    }

    __device__ Hidden(const GsModel &model, const GsMlp &mlp, const Fragments &weights, const Anchors &a) {
#pragma unroll
        for (int strip = 0; strip < STRIPS; strip++) begin(unit[strip], weights.bias1 + 8 * strip);
#pragma unroll
        for (int step = 0; step < STEPS; step++) {
            const float4 &first = a.feature[0][step / 2], &second = a.feature[1][step / 2];
            add(step % 2 ? Left(first.z, second.z, first.w, second.w) : Left(first.x, second.x, first.y, second.y),
                weights.weight1 + step * STRIPS * WARP);
        }
        for (int step = STEPS; step < weights.inputs; step++) {
            const int i = 8 * step + column();
            add(Left(a.input(model, mlp, 0, i), a.input(model, mlp, 1, i), a.input(model, mlp, 0, i + 4),
                     a.input(model, mlp, 1, i + 4)),
                weights.weight1 + step * STRIPS * WARP);
        }
#pragma unroll
        for (int strip = 0; strip < STRIPS; strip++)
#pragma unroll
            for (int i = 0; i < 4; i++) unit[strip][i] = maxf(unit[strip][i], 0.0f);
    }

    __device__ void add(const Left &left, const float2 *weights) {
#pragma unroll
        for (int strip = 0; strip < STRIPS; strip++)
            multiply_add(unit[strip], left, __ldg(weights + strip * WARP + lane()));
    }

    // Eight columns of the second layer.
    __device__ void output(const Fragments &weights, int strip, float (&sum)[4]) const {
        begin(sum, weights.bias2 + 8 * strip);
#pragma unroll
        for (int step = 0; step < STRIPS; step++) {
            const float (&u)[4] = unit[step];
            multiply_add(sum, Left(u[0], u[2], u[1], u[3]),
                         __ldg(weights.weight2 + (strip * STRIPS + step) * WARP + lane()));
        }
    }
};

static __global__ void __launch_bounds__(TENSOR_THREADS, 3)
    decode_anchors_on_tensor_cores(const GsModel model, const GsBuffers buffers, const Scratch scratch) {
    __shared__ unsigned chunk;
    __shared__ int kept[DECODE_CHUNK];       // Gaussians of each anchor, then of those before it
    __shared__ unsigned keeps[DECODE_CHUNK]; // a bit a Gaussian
    __shared__ float opacity[SIXTEENS][GS_TENSOR_OFFSETS / 4][2][WARP];
    __shared__ float4 hidden[SIXTEENS][PARTS - 1][STRIPS][WARP];
    __shared__ long long first;
    const Fragments opacity_weights(model.opacity_mlp, model.offsets, 2),
        covariance_weights(model.covariance_mlp, model.offsets, 8), colour_weights(model.colour_mlp, model.offsets, 4);
    const int part = warp() % PARTS, sixteen = warp() / PARTS, groups = (model.offsets + 3) / 4;
    const int own[2] = {sixteen * ROWS + row(), sixteen * ROWS + row() + 8}; // this lane's anchors in the chunk
    stamp(buffers, GS_DECODE);
    const long long visible = buffers.counts->visible;
    const GsView view = *buffers.view;
    int drawn = 0;
    while (true) {
        const long long start = take_chunk(scratch, chunk);
        if (start >= visible) break;

        Anchors a;
#pragma unroll
        for (int i = 0; i < 2; i++) {
            const long long v = start + own[i];
            a.item[i] = buffers.item_from_visible[v < visible ? v : start];
            a.seen[i] = anchor_view(model, view, a.item[i]);
            const float4 *feature =
                reinterpret_cast<const float4 *>(model.feature) + size_t(a.item[i]) * (FEATURES / 4);
            a.feature[i][0] = feature[2 * column()], a.feature[i][1] = feature[2 * column() + 1];
        }
        if (part == COVARIANCE) Hidden(model, model.covariance_mlp, covariance_weights, a).keep(hidden[sixteen][0]);
        if (part == COLOUR) Hidden(model, model.colour_mlp, colour_weights, a).keep(hidden[sixteen][1]);
        if (part == OPACITY) {
            const Hidden units(model, model.opacity_mlp, opacity_weights, a);
            float fade[2] = {1.0f, 1.0f};
            for (int i = 0; i < 2; i++) {
                if (fades(model)) passes_level(model, view, a.item[i], fade[i]);
                if (start + own[i] >= visible) fade[i] = 0.0f;
            }
            unsigned bits[2] = {0, 0};
            for (int q = 0; q < groups; q++) {
                float raw[4];
                units.output(opacity_weights, q, raw);
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    const float o = tanhf(raw[2 * i]) * fade[i];
                    opacity[sixteen][q][i][lane()] = o;
                    if (o > 0.0f) bits[i] |= 1u << (4 * q + column());
                }
            }
#pragma unroll
            for (int i = 0; i < 2; i++) {
                bits[i] |= __shfl_xor_sync(~0u, bits[i], 1);
                bits[i] |= __shfl_xor_sync(~0u, bits[i], 2);
                if (column() == 0) keeps[own[i]] = bits[i], kept[own[i]] = __popc(bits[i]);
            }
        }
        __syncthreads();
        place_gaussians(buffers, scratch, chunk, start + DECODE_CHUNK >= visible, kept, first);
        __syncthreads();
        const unsigned bits[2] = {keeps[own[0]], keeps[own[1]]};
        const Hidden covariance(hidden[sixteen][0]), colour(hidden[sixteen][1]);
        for (int q = part; q < groups; q += PARTS) {
            const int k = 4 * q + column();
            if (!__any_sync(~0u, (bits[0] | bits[1]) >> k & 1)) continue;
            float shape[4][4], rgb[2][4];
#pragma unroll
            for (int strip = 0; strip < 4; strip++) covariance.output(covariance_weights, 4 * q + strip, shape[strip]);
#pragma unroll
            for (int strip = 0; strip < 2; strip++) colour.output(colour_weights, 2 * q + strip, rgb[strip]);
#pragma unroll
            for (int i = 0; i < 2; i++) {
                if (!(bits[i] >> k & 1)) continue;
                const float own_shape[7] = {shape[0][2 * i], shape[0][2 * i + 1], shape[1][2 * i], shape[1][2 * i + 1],
                                            shape[2][2 * i], shape[2][2 * i + 1], shape[3][2 * i]};
                const float own_rgb[3] = {rgb[0][2 * i], rgb[0][2 * i + 1], rgb[1][2 * i]};
                write_splat(view, buffers, scratch, first + kept[own[i]] + __popc(bits[i] & ((1u << k) - 1)),
                            gaussian_of(model, a.item[i], k, opacity[sixteen][q][i][lane()], own_shape, own_rgb),
                            drawn);
            }
        }
    }
    count_drawn(buffers, drawn);
}

bool decodes_on_tensor_cores(const GsModel &model) {
    static const bool has_tensor_cores = [] {
        int device = 0, major = 0;
        cudaGetDevice(&device);
        cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
        // What is compiled for an RTX 20 alone runs on later GPUs too, and there is no such instruction in it.
        return major >= 8 && std::max({__CUDA_ARCH_LIST__}) >= 800;
    }();
    return has_tensor_cores && model.opacity_mlp.fragments && model.covariance_mlp.fragments &&
           model.colour_mlp.fragments;
}

int decode_on_tensor_cores(const GsModel &model, const GsBuffers &buffers, const Scratch &scratch,
                           cudaStream_t stream) {
    decode_anchors_on_tensor_cores<<<resident_blocks(3), TENSOR_THREADS, 0, stream>>>(model, buffers, scratch);
    return int(cudaGetLastError());
}
