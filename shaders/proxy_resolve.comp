#version 460
// Proxy depth: what both rasterisers drew -> linear view z in level 0 of a pyramid, and the levels above it.
// SIMPLIFIED, it is what culling reads: a surface that was simplified to within some pixels hides no more than the full
// one, so each texel becomes the farthest of those within reach, and `scale` times as far.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_samplerless_texture_functions : require
#include "structs.glsl"
#include "reduce.glsl"

layout(constant_id = 1) const bool DRAWS = true;       // the vertex pipeline drew
layout(constant_id = 2) const bool RASTERISES = true;  // the compute rasterisers did
layout(constant_id = 3) const bool SECOND = false;     // the frame ends with this pass
layout(constant_id = 4) const bool SIMPLIFIED = false; // what was drawn, and this is for culling
layout(constant_id = 5) const int REACH = 0;           // texels
layout(set = 0, binding = 0) uniform Frame { ProxyFrame frame; };
layout(set = 0, binding = 1) uniform texture2D depth; // near / view z; 0 where nothing was hit

// Beyond the picture's edge, that of the edge, which is within reach anyway.
uint drawn(ivec2 at) {
    at = clamp(at, ivec2(0), ivec2(push.width, push.height) - 1);
    float z = uintBitsToFloat(MISS);
    if (DRAWS) {
        float reversed = texelFetch(depth, at, 0).x;
        z = reversed > 0 ? frame.near / reversed : z;
    }
    if (RASTERISES)
        z = min(z, uintBitsToFloat(frame.texels.at[at.y * int(push.width) + at.x]));
    return z <= frame.far ? floatBitsToUint(z) : MISS;
}

// The farthest of a row's texels within reach of each of the four from `at` on.
uvec4 farthest(ivec2 at) {
    uvec4 most = uvec4(0);
    for (int x = -REACH; x <= 3 + REACH; x++) {
        uint bits = drawn(at + ivec2(x, 0));
        most = max(most, mix(uvec4(0), uvec4(bits), lessThanEqual(abs(ivec4(0, 1, 2, 3) - x), ivec4(REACH))));
    }
    return most;
}

uvec4 keep(uvec2 at, uvec4 bits) {
    if (SIMPLIFIED)
        bits = floatBitsToUint(uintBitsToFloat(bits) * frame.scale);
    for (uint i = 0; i < 4; i++) {
        if (at.x + i < push.width && at.y < push.height)
            push.levels.at[at.y * push.width + at.x + i] = bits[i];
        else
            bits[i] = 0;
    }
    return bits;
}

Block source(uvec2 at) {
    uvec4 a = uvec4(0), b = a, c = a, d = a;
    for (int y = -REACH; y <= 3 + REACH; y++) {
        uvec4 row = farthest(ivec2(at) + ivec2(0, y));
        if (y <= REACH)
            a = max(a, row);
        if (abs(y - 1) <= REACH)
            b = max(b, row);
        if (abs(y - 2) <= REACH)
            c = max(c, row);
        if (y >= 3 - REACH)
            d = max(d, row);
    }
    return Block(uvec4[](keep(at, a), keep(at + uvec2(0, 1), b), keep(at + uvec2(0, 2), c), keep(at + uvec2(0, 3), d)));
}

// The host gets the counters, and they are ready for the next frame.
void report() {
    uint i = gl_LocalInvocationIndex;
    if (gl_WorkGroupID.xy == uvec2(0) && i < COUNTERS) {
        frame.report.at[i] = frame.counters.at[i];
        frame.counters.at[i] = frame.counters.at[COUNTERS + i];
    }
}

void main() {
    reduce();
    if (SECOND)
        report();
}
