#version 460
// Proxy depth, last pass: the depth attachment -> linear view z in level 0 of the slot, and the two levels above it.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_samplerless_texture_functions : require
#include "structs.glsl"
#include "reduce.glsl"

layout(set = 0, binding = 0) uniform View { ProxyView view; };
layout(set = 0, binding = 1) uniform texture2D depth; // near / view z; 0 where nothing was hit

const uint MISS = 0x7F800000; // +inf

uint source(uvec2 at) {
    if (at.x >= push.width || at.y >= push.height)
        return 0;
    float reversed = texelFetch(depth, ivec2(at), 0).x;
    float z = view.near / reversed;
    uint bits = reversed > 0 && z <= view.far ? floatBitsToUint(z) : MISS;
    push.levels.bits[at.y * push.width + at.x] = bits;
    return bits;
}

void main() {
    reduce();
}
