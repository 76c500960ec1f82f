#version 460
// Proxy depth: draws the clusters whose triangles are all small, a workgroup a cluster, a thread a triangle.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#include "structs.glsl"

layout(local_size_x = 128) in;
layout(set = 0, binding = 0) uniform Frame { ProxyFrame frame; };
layout(push_constant) uniform Push { uint second; };
#include "triangle.glsl"

void main() {
    uint entry = gl_WorkGroupID.y * MOST_GROUPS + gl_WorkGroupID.x;
    if (entry >= frame.counters.at[second * PASS + SMALL])
        return;
    Cluster c = frame.cluster.at[frame.small_list.at[entry]];
    if (gl_LocalInvocationID.x >= c.triangles)
        return;
    uint first = 3 * (c.first_triangle + gl_LocalInvocationID.x);
    vec3 corners[3];
    for (uint i = 0; i < 3; i++)
        corners[i] = corner(frame.indices.at[first + i]);
    ivec2 origin = ivec2(place_of(corners[0]));
    Triangle t;
    if (!set_up(corners, origin, ivec2(0), ivec2(frame.size) - 1, t))
        return;
    // Along each row, where the edges that face left and those that face right are crossed.
    vec3 step = -t.b / t.a, start = -t.c / t.a;
    bvec3 left = greaterThan(t.a, vec3(0)), right = lessThan(t.a, vec3(0));
    vec2 window = vec2(t.low.x - origin.x, t.high.x - origin.x);
    for (int y = t.low.y; y <= t.high.y; y++) {
        float row = y - origin.y + 0.5;
        vec3 at = step * row + start, lows = mix(window.xxx, at, left), highs = mix(window.yyy + 1, at, right);
        // Clamped before the conversion, which is undefined for what does not fit.
        int from = int(clamp(ceil(max(lows.x, max(lows.y, lows.z)) - 0.5), window.x, window.y + 1));
        int to = int(clamp(floor(min(highs.x, min(highs.y, highs.z)) - 0.5), window.x - 1, window.y));
        float inverse = t.inverse_z.x * (from + 0.5) + t.inverse_z.y * row + t.inverse_z.z;
        uint texel = y * frame.size.x + origin.x + from;
        for (int x = from; x <= to; x++, texel++, inverse += t.inverse_z.x)
            draw(t, inverse, texel);
    }
}
