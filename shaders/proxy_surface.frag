#version 460
// Which surface a pixel shows: its cluster, counted from 1, and the bits of its triangle's area on the screen, pixels.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#include "structs.glsl"

layout(set = 0, binding = 0) uniform Frame { ProxyFrame frame; };
layout(location = 0) flat in uint cluster;
layout(location = 0) out uvec2 surface;
#include "corner.glsl"

void main() {
    uint first = 3 * (frame.cluster.at[cluster].first_triangle + gl_PrimitiveID);
    vec2 at[3];
    float nearest = 1e30;
    for (uint i = 0; i < 3; i++) {
        vec3 clip = corner(frame.indices.at[first + i]);
        at[i] = 0.5 * clip.xy / clip.z * frame.size;
        nearest = min(nearest, clip.z);
    }
    vec2 a = at[1] - at[0], b = at[2] - at[0];
    float area = nearest > frame.near ? 0.5 * abs(a.x * b.y - a.y * b.x) : uintBitsToFloat(MISS); // unbounded: +inf
    surface = uvec2(cluster + 1, floatBitsToUint(area));
}
