#version 460
// Proxy depth: the clusters of this frame, and of these the ones to draw at once: those that were visible in the last
// frame. A thread tests a group; then the subgroup goes through the clusters of each that is left, a thread a cluster.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#extension GL_KHR_shader_subgroup_ballot : require
#extension GL_KHR_shader_subgroup_vote : require
#extension GL_KHR_shader_subgroup_shuffle : require
#include "structs.glsl"

layout(local_size_x = 32) in;
layout(set = 0, binding = 0) uniform Frame { ProxyFrame frame; };
#include "box.glsl"
#include "select.glsl"

bool too_coarse(float error, float z) {
    return error * frame.focal > frame.lod_error * max(z, frame.near);
}

// What replaces the group would be off by more than is allowed.
bool too_coarse(Group g) {
    return too_coarse(g.error, dot(frame.forward, g.centre - frame.position) - g.radius);
}

// Every cluster of the group itself is, even at the far end of its sphere.
bool all_too_coarse(Group g) {
    return too_coarse(g.least_error, dot(frame.forward, g.centre - frame.position) + g.radius);
}

bool reaches(vec3 inwards, vec3 offset, float radius) {
    return dot(inwards, offset) + length(inwards) * radius >= 0;
}

// Its sphere holds all of its clusters.
bool in_view(Group g) {
    vec3 offset = g.centre - frame.position;
    float z = dot(frame.forward, offset);
    return z + g.radius >= frame.near && z - g.radius <= frame.far && reaches(frame.forward + frame.clip_x, offset, g.radius) &&
           reaches(frame.forward - frame.clip_x, offset, g.radius) && reaches(frame.forward + frame.clip_y, offset, g.radius) &&
           reaches(frame.forward - frame.clip_y, offset, g.radius);
}

bool in_view(Cluster c) {
    return furthest(frame.forward, c) >= frame.near && -furthest(-frame.forward, c) <= frame.far &&
           furthest(frame.forward + frame.clip_x, c) >= 0 && furthest(frame.forward - frame.clip_x, c) >= 0 &&
           furthest(frame.forward + frame.clip_y, c) >= 0 && furthest(frame.forward - frame.clip_y, c) >= 0;
}

uint culled_lod = 0, culled_frustum = 0; // clusters, by this thread

// A cluster of a group that is too coarse. Called by the whole subgroup.
void choose(uint id, bool exists) {
    bool occlusion = (frame.flags & OCCLUSION) != 0, frozen = (frame.flags & FROZEN) != 0;
    uint state = exists ? frame.seen.at[id] : 0;
    bool known = exists && state / STAMP == frame.last, in_cut = false, pending = false, draws = false;
    Cluster c;
    if (frozen) {
        draws = known && (state & DRAWN) != 0;
        if (draws)
            c = frame.cluster.at[id];
    } else if (exists) {
        int refined = frame.cluster.at[id].refined;
        in_cut = refined < 0 || !too_coarse(frame.group.at[refined]);
        if (in_cut) {
            c = frame.cluster.at[id];
            pending = in_view(c);
            bool at_once = known ? (state & VISIBLE) != 0 : -furthest(-frame.forward, c) < frame.nearby;
            draws = pending && (at_once || !occlusion);
        }
    }
    culled_lod += uint(exists && !in_cut && !frozen), culled_frustum += uint(in_cut && !pending);
    if (pending && !occlusion)
        frame.seen.at[id] = frame.stamp * STAMP + VISIBLE + DRAWN;
    uint entry = claim(PENDING, PENDING_GROUPS, 64, pending && occlusion);
    if (pending && occlusion)
        frame.pending.at[entry] = 2 * id + uint(draws);
    Rectangle r;
    bool has_rectangle = draws && project(c, r);
    draw(id, 0, draws, c, has_rectangle, r);
}

void main() {
    uint id = gl_WorkGroupID.y * MOST_GROUPS * gl_WorkGroupSize.x + gl_GlobalInvocationID.x;
    Group group = frame.group.at[min(id, frame.groups - 1)];
    bool frozen = (frame.flags & FROZEN) != 0;
    bool exists = id < frame.groups, reached = frozen || in_view(group);
    bool fits = frozen || too_coarse(group) && !all_too_coarse(group);
    if (exists && !fits)
        culled_lod += group.clusters;
    else if (exists && !reached)
        culled_frustum += group.clusters;
    bool left = exists && reached && fits;
    for (uvec4 groups = subgroupBallot(left); groups != uvec4(0);) {
        uint lane = subgroupBallotFindLSB(groups);
        groups &= ~(uvec4(1u << (lane & 31)) * uvec4(equal(uvec4(lane / 32), uvec4(0, 1, 2, 3))));
        uint first = subgroupShuffle(group.first_cluster, lane), clusters = subgroupShuffle(group.clusters, lane);
        for (uint i = 0; i < clusters; i += gl_SubgroupSize)
            choose(first + i + gl_SubgroupInvocationID, i + gl_SubgroupInvocationID < clusters);
    }
    count(CULLED_LOD, culled_lod);
    count(CULLED_FRUSTUM, culled_frustum);
}
