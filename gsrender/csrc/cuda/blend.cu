// Pairs of each tile -> the picture. A block takes a tile and a thread a pixel. The block takes the nearest BATCH
// pairs, sorts them in shared memory and blends them; it stops when its pixels are finished, so that what lies behind
// an opaque surface is never sorted. A warp's pixels are a patch of 8 x 4, and it passes over splats that do not show
// in it.
#include "cuda.h"

enum { BATCH = 1024, BINS = THREADS, PATCH_WIDTH = 8, PATCH_HEIGHT = 4 };
static_assert(GS_TILE * GS_TILE == int(THREADS) && PATCH_WIDTH * PATCH_HEIGHT == int(WARP), "a thread a pixel");

typedef unsigned long long Pair;

// What blending reads of a splat. The exponent of its coverage is written as of 2, opacity included: that of alpha_at,
// in fewer steps.
struct __align__(16) Staged {
    float x, y, xx, xy, yy; // coverage is 2^(peak + xx dx^2 + xy dx dy + yy dy^2)
    float peak;             // log2 of the opacity
    float red, green, blue, z;
};

struct Shared {
    Pair pair[BATCH];
    Outline outline[THREADS];
    Staged staged[THREADS];
    int bins[BINS], sums[WARPS], count;
    Pair ends[2][WARPS];
};

// Ascending, bitonic; entries up to the next power of two are room for padding.
static __device__ void sort_batch(Shared &shared, int count) {
    int size = 2;
    while (size < count) size *= 2;
    for (int i = count + threadIdx.x; i < size; i += THREADS) shared.pair[i] = ~Pair(0);
    __syncthreads();
    for (int run = 2; run <= size; run *= 2)
        for (int step = run / 2; step; step /= 2) {
            for (int i = threadIdx.x; i < size / 2; i += THREADS) {
                const int a = 2 * i - (i & (step - 1)), b = a + step;
                const Pair first = shared.pair[a], second = shared.pair[b];
                if ((first > second) == ((a & run) == 0)) shared.pair[a] = second, shared.pair[b] = first;
            }
            // Up to a step of 32 a warp stays within its own 64 entries.
            if (step > WARP || (step == 1 && run >= 2 * WARP))
                __syncthreads();
            else
                __syncwarp();
        }
    __syncthreads();
}

// The inclusive sum of a value over the threads of the block.
static __device__ int sum_up_to(Shared &shared, int value) {
    int sum = sum_before(value) + value;
    if (lane() == WARP - 1) shared.sums[warp()] = sum;
    __syncthreads();
    for (int w = 0; w < warp(); w++) sum += shared.sums[w];
    return sum;
}

// Puts the nearest pairs in [low, last] into shared.pair, as many as BATCH holds, and moves low behind them. Returns
// how many. The same in all threads.
static __device__ int take_batch(Shared &shared, const Pair *pairs, int total, Pair &low, Pair last) {
    Pair span = last - low, high;
    while (true) { // a histogram of what remains; where its first bin is too full already, one of that bin
        const int bits = span ? 64 - __clzll(span) : 0, shift = bits > 8 ? bits - 8 : 0;
        shared.bins[threadIdx.x] = 0;
        __syncthreads();
        for (int i = threadIdx.x; i < total; i += THREADS) {
            const Pair p = pairs[i];
            if (p >= low && p - low <= span) atomicAdd(shared.bins + int((p - low) >> shift), 1);
        }
        __syncthreads();
        if (threadIdx.x == 0) shared.count = 0;
        // No pairs are equal, so a bin of one value holds one: at shift 0 the first bin always fits.
        const int fit = __syncthreads_count(sum_up_to(shared, shared.bins[threadIdx.x]) <= BATCH);
        high = fit == BINS ? low + span : low + ((Pair(fit) << shift) - 1);
        if (fit) break;
        span = (Pair(1) << shift) - 1;
    }
    for (int i = threadIdx.x; i < total; i += THREADS) {
        const Pair p = pairs[i];
        if (p >= low && p <= high) shared.pair[atomicAdd(&shared.count, 1)] = p;
    }
    __syncthreads();
    low = high + 1;
    return shared.count;
}

// The nearest and the farthest of some pairs, in all threads.
static __device__ void ends_of(Shared &shared, const Pair *pairs, int total, Pair &least, Pair &most) {
    least = ~Pair(0), most = 0;
    for (int i = threadIdx.x; i < total; i += THREADS) {
        least = pairs[i] < least ? pairs[i] : least;
        most = pairs[i] > most ? pairs[i] : most;
    }
    for (int step = WARP / 2; step; step /= 2) {
        const Pair a = __shfl_xor_sync(~0u, least, step), b = __shfl_xor_sync(~0u, most, step);
        least = a < least ? a : least, most = b > most ? b : most;
    }
    if (lane() == 0) shared.ends[0][warp()] = least, shared.ends[1][warp()] = most;
    __syncthreads();
    for (int w = 0; w < WARPS; w++) {
        least = shared.ends[0][w] < least ? shared.ends[0][w] : least;
        most = shared.ends[1][w] > most ? shared.ends[1][w] : most;
    }
}

static __device__ float exp2_about(float v) {
    float power;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(v));
    return power;
}

struct Blended {
    float transmittance;
    bool live;
    float red, green, blue, z;
};

template <bool DEPTH> static __device__ void blend_batch(Shared &shared, const GsBuffers &buffers, int count, float x,
                                                         float y, float left, float top, Blended &b) {
    for (int base = 0; base < count; base += THREADS) {
        // Also the barrier behind the last turn: nobody overwrites what another thread still reads.
        if (__syncthreads_and(!b.live)) return;
        const int here = count - base < THREADS ? count - base : THREADS;
        if (threadIdx.x < here) {
            const float log2_e = 1.44269504f;
            const GsSplat s = buffers.splats[splat_of(shared.pair[base + threadIdx.x])];
            shared.outline[threadIdx.x] = outline_of(s);
            shared.staged[threadIdx.x] = {s.x,
                                          s.y,
                                          -0.5f * log2_e * s.conic[0],
                                          -log2_e * s.conic[1],
                                          -0.5f * log2_e * s.conic[2],
                                          __log2f(s.opacity),
                                          s.colour[0],
                                          s.colour[1],
                                          s.colour[2],
                                          s.z};
        }
        __syncthreads();
        for (int group = 0; group < here; group += WARP) {
            if (__all_sync(~0u, !b.live)) break;
            const bool shows = group + lane() < here && shows_in(shared.outline[group + lane()], left, top,
                                                                 left + (PATCH_WIDTH - 1), top + (PATCH_HEIGHT - 1));
            for (unsigned mask = __ballot_sync(~0u, shows); mask; mask &= mask - 1) {
                const Staged &s = shared.staged[group + __ffs(mask) - 1];
                const float dx = s.x - x, dy = s.y - y;
                const float exponent = s.peak + (s.xx * dx + s.xy * dy) * dx + s.yy * dy * dy;
                const float alpha = minf(0.99f, exp2_about(exponent));
                // As in alpha_at and blend_one: too faint, beyond the peak by rounding, or the pixel is finished.
                if (alpha >= 1.0f / 255.0f && exponent <= s.peak && b.live) {
                    const float weight = alpha * b.transmittance, next = b.transmittance - weight;
                    if (next < 1e-4f) {
                        b.live = false;
                    } else {
                        b.transmittance = next;
                        b.red += weight * s.red, b.green += weight * s.green, b.blue += weight * s.blue;
                        if (DEPTH) b.z += weight * s.z;
                    }
                }
            }
        }
    }
}

template <bool DEPTH> // whether the expected depth is wanted
static __global__ void __launch_bounds__(THREADS) blend_tiles(const GsBuffers buffers, const Scratch scratch) {
    __shared__ Shared shared;
    stamp(buffers, 3);
    const GsView &view = *buffers.view;
    const int tile = scratch.tile_order[blockIdx.x], columns = tile_columns(view);
    const int left = tile % columns * GS_TILE + warp() % 2 * PATCH_WIDTH;
    const int top = tile / columns * GS_TILE + warp() / 2 * PATCH_HEIGHT;
    const int x = left + lane() % PATCH_WIDTH, y = top + lane() / PATCH_WIDTH;
    const bool inside = x < view.width && y < view.height;
    Blended b = {1.0f, inside, 0, 0, 0, 0};

    const unsigned first = buffers.pair_from_tile[tile];
    const int total = int(buffers.pair_from_tile[tile + 1] - first);
    const Pair *pairs = buffers.pairs + first;
    if (total <= BATCH) {
        for (int i = threadIdx.x; i < total; i += THREADS) shared.pair[i] = pairs[i];
        sort_batch(shared, total);
        blend_batch<DEPTH>(shared, buffers, total, x, y, left, top, b);
    } else {
        Pair low, last;
        ends_of(shared, pairs, total, low, last);
        for (int done = 0; done < total;) {
            const int count = take_batch(shared, pairs, total, low, last);
            sort_batch(shared, count);
            blend_batch<DEPTH>(shared, buffers, count, x, y, left, top, b);
            done += count;
            if (__syncthreads_and(!b.live)) break;
        }
    }

    if (!inside) return;
    const size_t at = size_t(y) * view.width + x;
    const float through = b.transmittance, covered = 1.0f - through;
    const float rgb[3] = {b.red + through * view.background[0], b.green + through * view.background[1],
                          b.blue + through * view.background[2]};
    reinterpret_cast<uchar4 *>(view.rgba)[at] = make_uchar4(byte_of(rgb[0]), byte_of(rgb[1]), byte_of(rgb[2]), 255);
    if (buffers.rgb)
        for (int c = 0; c < 3; c++) buffers.rgb[3 * at + c] = rgb[c];
    if (buffers.alpha) buffers.alpha[at] = covered;
    if (DEPTH) buffers.z[at] = covered > 0 ? b.z / covered : INFINITY;
}

static __global__ void end_frame(const GsBuffers buffers) { stamp(buffers, 4); }

int blend(const GsModel &model, const GsView &view, const GsBuffers &buffers, cudaStream_t stream) {
    Arena arena(buffers.scratch);
    const Scratch scratch(arena, model, view, buffers);
    const auto kernel = buffers.z ? blend_tiles<true> : blend_tiles<false>;
    kernel<<<tile_columns(view) * tile_rows(view), THREADS, 0, stream>>>(buffers, scratch);
    end_frame<<<1, 1, 0, stream>>>(buffers);
    return int(cudaGetLastError());
}
