// As many floats as a vector of this CPU holds, with the functions that no compiler vectorises.
#pragma once

#include <math.h>
#include <string.h>

#if defined(__AVX512F__)
enum { LANES = 16 };
#elif defined(__AVX__)
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif

// Vectors of GCC's and Clang's: operators and ?: work lane by lane; a comparison yields -1 or 0.
typedef float Lanes __attribute__((vector_size(4 * LANES)));
typedef int Ints __attribute__((vector_size(4 * LANES)));
typedef unsigned Words __attribute__((vector_size(4 * LANES)));

inline Lanes all_of(float v) { return v - Lanes{}; } // a zero less: plus would make +0 of -0
inline Lanes load_lanes(const float *p) {
    Lanes v;
    memcpy(&v, p, sizeof v);
    return v;
}
inline void store_lanes(float *p, Lanes v) { memcpy(p, &v, sizeof v); }
inline Lanes min_of(Lanes a, Lanes b) { return a < b ? a : b; }
// Their bits are in the order of the values, and it is one instruction where that of floats is three.
inline Lanes min_of_positive(Lanes a, Lanes b) { return (Lanes)((Ints)a < (Ints)b ? (Ints)a : (Ints)b); }
inline Lanes max_of(Lanes a, Lanes b) { return a > b ? a : b; }
inline bool any_of(Ints mask) {
    alignas(64) int lanes[LANES], any = 0;
    memcpy(lanes, &mask, sizeof mask);
#pragma omp simd reduction(| : any)
    for (int i = 0; i < LANES; i++) any |= lanes[i];
    return any;
}

// scale * 2^v for -126 <= v < 128, anything elsewhere; scale is a normal number. Minimax polynomial, relative error
// under 2e-7.
inline Lanes exp2_of(Lanes v, float scale = 1) {
    const Lanes shifted = v + 12582912.0f, u = v - (shifted - 12582912.0f); // 1.5 x 2^23: rounds to a whole number
    Lanes power = all_of(scale * 0.00132765f);
    const float factors[] = {0.00967554f, 0.05550713f, 0.24022120f, 0.69314697f, 1.00000007f};
    for (const float factor : factors) power = power * u + scale * factor;
    return (Lanes)((Words)power + ((Words)shifted << 23));
}

// log2 of positive numbers, absolute error under 1e-6; below -126 for zero.
inline Lanes log2_of(Lanes v) {
    // The mantissa from sqrt(1/2) on, whose bits are 0x3f3504f3.
    const Ints bits = (Ints)((Words)v - 0x3f3504f3u), exponent = bits >> 23;
    const Lanes m = (Lanes)((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;
    const Lanes log =
        m * (1.44269631f +
             m * (-0.72136769f +
                  m * (0.48064870f + m * (-0.35918478f + m * (0.29509980f + m * (-0.27097770f + m * 0.17616721f))))));
    return __builtin_convertvector(exponent, Lanes) + log;
}

// A function that is an instruction for a whole vector, which the compiler finds in this loop.
template <typename Function> inline Lanes each_of(Lanes v, Function function) {
    alignas(64) float lanes[LANES];
    memcpy(lanes, &v, sizeof v);
#pragma omp simd
    for (int i = 0; i < LANES; i++) lanes[i] = function(lanes[i]);
    return load_lanes(lanes);
}
inline Lanes sqrt_of(Lanes v) {
    return each_of(v, [](float x) { return sqrtf(x); });
}
inline Lanes ceil_of(Lanes v) {
    return each_of(v, [](float x) { return ceilf(x); });
}

inline Lanes exp_of(Lanes v) { // of up to 87; 1e-38 below -87
    return exp2_of(max_of(1.44269504f * v, all_of(-126)));
}
inline Lanes sigmoid_of(Lanes v) { return 1.0f / (1.0f + exp_of(min_of(-v, all_of(87)))); }
inline Lanes tanh_of(Lanes v) { // absolute error under 2e-7
    const Lanes e = exp_of(min_of(-2.0f * v, all_of(87)));
    return (1.0f - e) / (1.0f + e);
}
