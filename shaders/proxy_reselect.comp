#version 460
// Proxy depth: tests the clusters in view, a thread a cluster, against the depth of those that were drawn. What came
// into view is drawn now; what is visible is drawn at once in the next frame.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#extension GL_KHR_shader_subgroup_ballot : require
#extension GL_KHR_shader_subgroup_vote : require
#include "structs.glsl"

layout(local_size_x = 64) in;
layout(set = 0, binding = 0) uniform Frame { ProxyFrame frame; };
#include "box.glsl"
#include "select.glsl"

const int PYRAMID_LEVELS = 6; // above level 0

// Whether all that lies under the rectangle is nearer than it.
bool is_hidden(Rectangle r) {
    // 1/64 pixel: more than rounding and the rasterisers' grid of 1/256 move an edge.
    vec2 size_in_pixels = frame.size, from = (r.low * 0.5 + 0.5) * size_in_pixels - 1.0 / 64;
    vec2 to = (r.high * 0.5 + 0.5) * size_in_pixels + 1.0 / 64;
    // Beyond the picture there is no texel, so what lies there is hidden.
    ivec2 low = ivec2(clamp(floor(from), vec2(0), size_in_pixels));
    ivec2 high = ivec2(clamp(floor(to), vec2(-1), size_in_pixels - 1));
    uvec2 size = frame.size;
    uint offset = 0;
    int level = 0;
    for (; level <= PYRAMID_LEVELS && any(greaterThan((high >> level) - (low >> level), ivec2(3))); level++) {
        offset += size.x * size.y;
        size = (size + 1) / 2;
    }
    if (level > PYRAMID_LEVELS)
        return false;
    if (any(lessThan(high, low)))
        return true;
    low >>= level, high >>= level;
    uint farthest = 0;
    for (int y = 0; y < 4; y++) // no fewer, so that it waits for memory once
        for (int x = 0; x < 4; x++) {
            ivec2 at = min(low + ivec2(x, y), high);
            farthest = max(farthest, frame.pyramid.at[offset + at.y * size.x + at.x]);
        }
    return r.nearest * (1 - 1e-5) > uintBitsToFloat(farthest); // 1e-5: the depth went through near / z and back
}

void main() {
    uint i = gl_WorkGroupID.y * MOST_GROUPS * gl_WorkGroupSize.x + gl_GlobalInvocationID.x;
    bool exists = i < frame.counters.at[PENDING];
    uint entry = exists ? frame.pending.at[i] : 0, id = entry / 2;
    bool drawn = (entry & 1) != 0, visible = false, has_rectangle = false;
    Cluster c;
    Rectangle r;
    if (exists) {
        c = frame.cluster.at[id];
        has_rectangle = project(c, r);
        visible = !has_rectangle || !is_hidden(r);
        frame.seen.at[id] = frame.stamp * STAMP + (visible ? VISIBLE : 0) + (visible || drawn ? DRAWN : 0);
    }
    count(CULLED_OCCLUSION, uint(exists && !visible && !drawn));
    count(VISIBLE_CLUSTERS, uint(visible && has_rectangle));
    count(VISIBLE_DEPTH, visible && has_rectangle ? uint(16 * clamp(log2(r.nearest) + 8, 0, 64)) : 0);
    draw(id, 1, visible && !drawn, c, has_rectangle, r);
}
