// The nearest pairs of a tile, in their order, a batch at a time: what lies behind an opaque surface is never sorted.
// Tiles of thousands are cut into segments by depth before, each a list of its own.
#pragma once

#include "pairs.h"

enum { BLEND_WARPS = 4, BLEND_THREADS = BLEND_WARPS * WARP };
enum { MOST_BATCH = 1024, OWN_BINS = BINS / BLEND_THREADS };

// Shared memory: what is needed while a batch is taken, and what is left of it then.
struct Bins {
    Pair pair[MOST_BATCH];
    int counts[BINS];
};
struct Batch {
    int splat[MOST_BATCH]; // near to far
    Pair ends[2][BLEND_WARPS];
    int sums[BLEND_WARPS], fit, count;
};

// The nearest and the farthest of some pairs, in all threads.
static __device__ void ends_of(Batch &batch, const Pair *pairs, int total, Pair &least, Pair &most) {
    least = ~Pair(0), most = 0;
    for_pairs<BLEND_THREADS>(pairs, total, [&](Pair p) {
        least = p < least ? p : least;
        most = p > most ? p : most;
    });
    for (int step = WARP / 2; step; step /= 2) {
        const Pair a = __shfl_xor_sync(~0u, least, step), b = __shfl_xor_sync(~0u, most, step);
        least = a < least ? a : least, most = b > most ? b : most;
    }
    if (lane() == 0) batch.ends[0][warp()] = least, batch.ends[1][warp()] = most;
    __syncthreads();
    for (int w = 0; w < BLEND_WARPS; w++) {
        least = batch.ends[0][w] < least ? batch.ends[0][w] : least;
        most = batch.ends[1][w] > most ? batch.ends[1][w] : most;
    }
}

// Counts of bins -> the sum of those before, and of all, in all threads.
static __device__ int sum_bins(Batch &batch, Bins &bins) {
    int *own = bins.counts + threadIdx.x * OWN_BINS, sum = 0, all;
    for (int i = 0; i < OWN_BINS; i++) sum += own[i];
    int before = block_sum_before<BLEND_THREADS>(sum, batch.sums, all);
    for (int i = 0; i < OWN_BINS; i++) {
        const int here = own[i];
        own[i] = before;
        before += here;
    }
    __syncthreads();
    return all;
}

// Counts the pairs in [low, low + span] by bins.
static __device__ void fill_bins(Bins &bins, const Pair *pairs, int total, Pair low, Pair span, int shift) {
    for (int i = threadIdx.x; i < BINS; i += BLEND_THREADS) bins.counts[i] = 0;
    __syncthreads();
    for_pairs<BLEND_THREADS>(pairs, total, [&](Pair p) {
        if (p >= low && p - low <= span) atomicAdd(bins.counts + int((p - low) >> shift), 1);
    });
    __syncthreads();
}

// Puts the splats of the nearest pairs in [low, last] into batch.splat in their order, `most` at most, and moves low
// behind them. Returns how many. The same in all threads. Pairs are thrown into bins by their distance from low, and in
// a bin each counts those before it; of 256, a pair shares its bin with two. A bitonic sort takes ten times the steps.
static __device__ int take_batch(Batch &batch, Bins &bins, const Pair *pairs, int total, int most, Pair &low,
                                 Pair last) {
    Pair span = last - low;
    int shift;
    while (true) { // where the first bin is too full already, one of that bin
        shift = shift_of(span);
        fill_bins(bins, pairs, total, low, span, shift);
        const int all = sum_bins(batch, bins);
        if (threadIdx.x == 0) batch.fit = BINS, batch.count = all;
        __syncthreads();
        if (all > most) // else all bins fit
            for (int bin = threadIdx.x; bin < BINS; bin += BLEND_THREADS) {
                const int before = bins.counts[bin], up_to = bin + 1 < BINS ? bins.counts[bin + 1] : all;
                if (before <= most && up_to > most) batch.fit = bin, batch.count = before;
            }
        __syncthreads();
        // No pairs are equal, so a bin of one value holds one: at shift 0 the first bin always fits.
        if (batch.fit) break;
        span = (Pair(1) << shift) - 1;
    }
    const int count = batch.count;
    const Pair high = batch.fit == BINS ? low + span : low + ((Pair(batch.fit) << shift) - 1);
    for_pairs<BLEND_THREADS>(pairs, total, [&](Pair p) {
        if (p >= low && p <= high) bins.pair[atomicAdd(bins.counts + int((p - low) >> shift), 1)] = p;
    });
    __syncthreads();
    for (int i = threadIdx.x; i < count; i += BLEND_THREADS) { // bins now say where the next one begins
        const Pair p = bins.pair[i];
        const int bin = int((p - low) >> shift), first = bin ? bins.counts[bin - 1] : 0, end = bins.counts[bin];
        int at = first;
        for (int other = first; other < end; other++) at += bins.pair[other] < p;
        batch.splat[at] = splat_of(p);
    }
    __syncthreads();
    low = high + 1;
    return count;
}

// The same for all of a tile's pairs, where there are no more than threads: each counts those before it.
static __device__ int take_few(Batch &batch, Bins &bins, const Pair *pairs, int total) {
    const int thread = threadIdx.x;
    const Pair own = thread < total ? __ldg(pairs + thread) : 0;
    if (thread < total) bins.pair[thread] = own;
    __syncthreads();
    int at = 0;
    for (int other = 0; other < total; other++) at += bins.pair[other] < own;
    if (thread < total) batch.splat[at] = splat_of(own);
    __syncthreads();
    return total;
}
