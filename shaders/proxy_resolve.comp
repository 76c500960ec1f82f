#version 460
// Proxy depth: what both rasterisers drew -> linear view z in level 0 of a pyramid, and the levels above it.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_samplerless_texture_functions : require
#include "structs.glsl"
#include "reduce.glsl"

layout(constant_id = 1) const bool DRAWS = true;       // the vertex pipeline drew
layout(constant_id = 2) const bool RASTERISES = true;  // the compute rasterisers did
layout(constant_id = 3) const bool SECOND = false;     // the frame ends with this pass
layout(set = 0, binding = 0) uniform Frame { ProxyFrame frame; };
layout(set = 0, binding = 1) uniform texture2D depth; // near / view z; 0 where nothing was hit

uint texel(uvec2 at) {
    if (at.x >= push.width || at.y >= push.height)
        return 0;
    uint place = at.y * push.width + at.x;
    float z = uintBitsToFloat(MISS);
    if (DRAWS) {
        float reversed = texelFetch(depth, ivec2(at), 0).x;
        z = reversed > 0 ? frame.near / reversed : z;
    }
    if (RASTERISES)
        z = min(z, uintBitsToFloat(frame.texels.at[place]));
    uint bits = z <= frame.far ? floatBitsToUint(z) : MISS;
    push.levels.at[place] = bits;
    return bits;
}

uvec4 row(uvec2 at) {
    return uvec4(texel(at), texel(at + uvec2(1, 0)), texel(at + uvec2(2, 0)), texel(at + uvec2(3, 0)));
}

Block source(uvec2 at) {
    return Block(uvec4[](row(at), row(at + uvec2(0, 1)), row(at + uvec2(0, 2)), row(at + uvec2(0, 3))));
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
