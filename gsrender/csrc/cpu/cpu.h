// What the CPU stages share.
#pragma once

#include "../stages.h"

enum { WIDTH = GS_MAX_WIDTH };

// Replaces counts by the sum of those before; returns the sum of all.
template <typename T> T exclusive_sum(T *counts, int n) {
    T sum = 0;
    for (int i = 0; i < n; i++) {
        const T count = counts[i];
        counts[i] = sum;
        sum += count;
    }
    return sum;
}

// The stages. Each returns 0.
int cull(const GsModel &model, const GsView &view, const GsBuffers &buffers);
int decode(const GsModel &model, const GsView &view, const GsBuffers &buffers);
int project(const GsModel &model, const GsView &view, const GsBuffers &buffers);
int sort(const GsModel &model, const GsView &view, const GsBuffers &buffers);
int blend(const GsModel &model, const GsView &view, const GsBuffers &buffers);

// The scratch memory of each stage that needs some. Stages follow each other, so all begin at its start.
struct CullScratch {
    unsigned char *state; // [N] bits of cull_one
    int *first;           // [chunks + 1]
    CullScratch(Arena &arena, const GsModel &model);
};

struct DecodeScratch {
    long long *first; // [groups + 1] Gaussians before a group of visible items
    float *opacity;   // [groups, K, items of a group]
    DecodeScratch(Arena &arena, const GsModel &model);
};

struct SortScratch {
    unsigned *shows;              // [gaussian_capacity] a bit for each tile of a splat's rectangle, where they are few
    unsigned *next;               // [slices + 1, tiles] where the next pair of a slice goes in a tile
    unsigned long long *unsorted; // [pair_capacity] by tile, then index
    SortScratch(Arena &arena, const GsView &view, const GsBuffers &buffers);
};
