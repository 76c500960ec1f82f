// Going through the pairs of a tile, and throwing them into bins by depth.
#pragma once

#include "cuda.h"

enum { BINS = 1024 };

typedef unsigned long long Pair;

// How far the distances of pairs from the nearest are shifted to the right to be the numbers of their bins.
static __device__ int shift_of(Pair span) {
    const int bits = span ? 64 - __clzll(span) : 0;
    return bits > 10 ? bits - 10 : 0;
}

// Calls visit(pair) for all of them. A thread asks for AT_ONCE before it looks at the first: one after the other,
// 33,000 pairs took a block of 128 threads 60 us each time.
template <int THREADS_OF_BLOCK, typename Visit>
static __device__ void for_pairs(const Pair *pairs, int total, Visit visit) {
    enum { AT_ONCE = 4 };
    for (int first = threadIdx.x; first < total; first += AT_ONCE * THREADS_OF_BLOCK) {
        Pair here[AT_ONCE];
#pragma unroll
        for (int i = 0; i < AT_ONCE; i++) {
            const int at = first + i * THREADS_OF_BLOCK;
            here[i] = __ldg(pairs + (at < total ? at : first));
        }
#pragma unroll
        for (int i = 0; i < AT_ONCE; i++)
            if (first + i * THREADS_OF_BLOCK < total) visit(here[i]);
    }
}
