#version 460
// Proxy depth: the next two levels of the max pyramid from the last one that stands.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#include "structs.glsl"
#include "reduce.glsl"

uint source(uvec2 at) {
    return at.x < push.width && at.y < push.height ? push.levels.bits[push.offset + at.y * push.width + at.x] : 0;
}

void main() {
    reduce();
}
