#version 460
// Proxy depth: draws the clusters whose triangles are all small, a workgroup a cluster, or several if they are of
// medium size. Each thread sets one triangle up; then each takes rows of any of them, so that none waits for the one
// with the largest.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#include "structs.glsl"

layout(local_size_x = 128) in;
layout(constant_id = 2) const bool MEDIUM_ONES = false;
layout(set = 0, binding = 0) uniform Frame { ProxyFrame frame; };
layout(push_constant) uniform Push { uint second; };
#include "triangle.glsl"

shared Triangle triangles[128];
shared ivec2 origins[128];
shared uint ends[128];   // rows of a triangle and of those before it
shared uint sums[128];   // rows of a subgroup's triangles

// Draws the pixels of a row from where the edges that face left to where those that face right cross it.
void draw_row(Triangle t, ivec2 origin, int y) {
    vec2 window = vec2(t.low.x - origin.x, t.high.x - origin.x);
    float row = y - origin.y + 0.5;
    vec3 at = -(t.b * row + t.c) / t.a;
    vec3 lows = mix(window.xxx, at, greaterThan(t.a, vec3(0)));
    vec3 highs = mix(window.yyy + 1, at, lessThan(t.a, vec3(0)));
    // Clamped before the conversion, which is undefined for what does not fit.
    int from = int(clamp(ceil(max(lows.x, max(lows.y, lows.z)) - 0.5), window.x, window.y + 1));
    int to = int(clamp(floor(min(highs.x, min(highs.y, highs.z)) - 0.5), window.x - 1, window.y));
    float inverse = t.inverse_z.x * (from + 0.5) + t.inverse_z.y * row + t.inverse_z.z;
    uint texel = y * frame.size.x + origin.x + from;
    for (int x = from; x <= to; x++, texel++, inverse += t.inverse_z.x)
        draw(t, inverse, ivec2(origin.x + x, y), texel);
}

void main() {
    uint entry = gl_WorkGroupID.y * MOST_GROUPS + gl_WorkGroupID.x, thread = gl_LocalInvocationID.x, rows = 0;
    if (entry >= frame.counters.at[second * PASS + (MEDIUM_ONES ? MEDIUM : SMALL)])
        return;
    Meshlet m = frame.meshlet.at[MEDIUM_ONES ? frame.medium_list.at[entry] : frame.small_list.at[entry]];
    bool exists = thread < triangles_of(m);
    uvec3 corners = exists ? corners_of(m, thread) : uvec3(0);
    project_vertices(m);
    barrier();
    if (exists) {
        ivec2 origin = ivec2(places[corners.x]);
        Triangle t;
        if (set_up(m, corners, origin, ivec2(0), ivec2(frame.size) - 1, t))
            rows = t.high.y - t.low.y + 1;
        triangles[thread] = t, origins[thread] = origin;
    }
    uint end = subgroupInclusiveAdd(rows), all = subgroupAdd(rows);
    if (subgroupElect())
        sums[gl_SubgroupID] = all;
    barrier();
    for (uint i = 0; i < gl_SubgroupID; i++)
        end += sums[i];
    ends[thread] = end;
    barrier();
    for (uint i = gl_WorkGroupID.z * 128 + thread; i < ends[127]; i += gl_NumWorkGroups.z * 128) {
        uint of = 0; // the first whose end is beyond i
        for (uint step = 64; step > 0; step /= 2)
            of += i >= ends[of + step - 1] ? step : 0;
        Triangle t = triangles[of];
        draw_row(t, origins[of], t.low.y + int(i - (of > 0 ? ends[of - 1] : 0)));
    }
}
