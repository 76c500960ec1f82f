#version 460
// Proxy depth: the next levels of the max pyramid from the last one that stands.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#include "structs.glsl"
#include "reduce.glsl"

uint texel(uvec2 at) {
    return at.x < push.width && at.y < push.height ? push.levels.at[push.offset + at.y * push.width + at.x] : 0;
}

uvec4 row(uvec2 at) {
    return uvec4(texel(at), texel(at + uvec2(1, 0)), texel(at + uvec2(2, 0)), texel(at + uvec2(3, 0)));
}

Block source(uvec2 at) {
    return Block(uvec4[](row(at), row(at + uvec2(0, 1)), row(at + uvec2(0, 2)), row(at + uvec2(0, 3))));
}

void main() {
    reduce();
}
