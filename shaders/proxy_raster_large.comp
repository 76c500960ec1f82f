#version 460
// Proxy depth: draws clusters with triangles of any size, many workgroups for each, which share the tiles of the
// picture that it reaches. In a tile each thread sets one triangle up, then all of them draw one after the other
// together.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#include "structs.glsl"

layout(local_size_x = 256) in;
layout(set = 0, binding = 0) uniform Frame { ProxyFrame frame; };
layout(push_constant) uniform Push { uint second; };
#include "box.glsl"
#include "triangle.glsl"

const int TILE = 64;
const ivec2 STEP = ivec2(16, 16);  // pixels that the threads draw at once
shared Triangle triangles[128];
shared uint tiles[gl_WorkGroupSize.x];
shared uint found, count;  // tiles, and triangles in one

// Whether the cluster's box has a part in the pyramid of view of a rectangle of pixels, its sides moved out by 1/64.
bool reaches(Cluster c, vec2 low, vec2 high) {
    low = (low - 1.0 / 64) / frame.size * 2 - 1, high = (high + 1.0 / 64) / frame.size * 2 - 1;
    return furthest(frame.clip_x - low.x * frame.forward, c) >= 0 &&
           furthest(high.x * frame.forward - frame.clip_x, c) >= 0 &&
           furthest(frame.clip_y - low.y * frame.forward, c) >= 0 &&
           furthest(high.y * frame.forward - frame.clip_y, c) >= 0;
}

// Called by the whole workgroup.
void draw_tile(Meshlet m, ivec2 low) {
    ivec2 high = min(low + TILE, ivec2(frame.size)) - 1, origin = low + TILE / 2;
    uint thread = gl_LocalInvocationID.x;
    if (thread == 0)
        count = 0;
    barrier();
    if (thread < triangles_of(m)) {
        Triangle t;
        if (set_up(m, corners_of(m, thread), origin, low, high, t))
            triangles[atomicAdd(count, 1)] = t;
    }
    barrier();
    ivec2 at = ivec2(thread % STEP.x, thread / STEP.x);
    for (uint i = 0; i < count; i++) {
        Triangle t = triangles[i];
        for (int y = t.low.y + at.y; y <= t.high.y; y += STEP.y)
            for (int x = t.low.x + at.x; x <= t.high.x; x += STEP.x) {
                vec2 p = vec2(ivec2(x, y) - origin) + 0.5;
                vec3 inside = t.a * p.x + t.b * p.y + t.c;
                if (min(inside.x, min(inside.y, inside.z)) >= 0)
                    draw(t, dot(t.inverse_z, vec3(p, 1)), ivec2(x, y), y * frame.size.x + x);
            }
    }
    barrier();
}

void main() {
    uint entry = gl_WorkGroupID.y * MOST_GROUPS + gl_WorkGroupID.x, thread = gl_LocalInvocationID.x;
    if (entry >= frame.counters.at[second * PASS + LARGE])
        return;
    uint id = frame.large_list.at[entry], part = gl_WorkGroupID.z, parts = gl_NumWorkGroups.z;
    uvec2 size = (frame.size + (TILE - 1)) / TILE;
    Cluster c = frame.cluster.at[id];
    Meshlet m = frame.meshlet.at[id];
    bool projected = false;
    for (uint first = part; first < size.x * size.y; first += parts * gl_WorkGroupSize.x) {
        if (thread == 0)
            found = 0;
        barrier();
        uint tile = first + parts * thread;
        vec2 low = vec2(tile % size.x, tile / size.x) * TILE;
        if (tile < size.x * size.y && reaches(c, low, min(low + TILE, vec2(frame.size))))
            tiles[atomicAdd(found, 1)] = tile;
        barrier();
        uint here = found;
        if (here > 0 && !projected) {
            project_vertices(m);
            projected = true;
        }
        for (uint i = 0; i < here; i++)
            draw_tile(m, ivec2(tiles[i] % size.x, tiles[i] / size.x) * TILE);
    }
}
