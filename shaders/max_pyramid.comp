#version 460
// Proxy depth: the next five levels of the max pyramid from the last one that stands.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#include "structs.glsl"
#include "reduce.glsl"

uint source(uvec2 at) {
    return at.x < push.width && at.y < push.height ? push.levels.bits[push.offset + at.y * push.width + at.x] : 0;
}

void main() {
    uvec2 at = 2 * gl_GlobalInvocationID.xy;
    reduce(max(max(source(at), source(at + uvec2(1, 0))), max(source(at + uvec2(0, 1)), source(at + uvec2(1, 1)))));
}
