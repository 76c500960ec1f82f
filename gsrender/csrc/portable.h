// What lets one source compile for the host and for CUDA.
#pragma once

#include <math.h>
#include <stddef.h>
#include <string.h>

extern "C" {
#pragma GCC visibility push(default)
#include "gsrender.h"
#pragma GCC visibility pop
}

#ifdef __CUDACC__
#define GS_FN __host__ __device__ __forceinline__
#else
#define GS_FN static inline
#endif

// As many as there is room for.
GS_FN
long long fitting(long long count, long long capacity) { return count < capacity ? count : capacity; }

// Hands out pieces of the caller's scratch memory. With no memory behind it, it only counts.
struct Arena {
    char *base;
    size_t used = 0;

    explicit Arena(void *memory) : base(static_cast<char *>(memory)) {}

    template <typename T> T *take(size_t count) {
        // 256: what CUDA aligns its own allocations to, and more than any vector load needs.
        used = (used + 255) & ~size_t(255);
        T *piece = reinterpret_cast<T *>(base + used);
        used += count * sizeof(T);
        return piece;
    }
};
