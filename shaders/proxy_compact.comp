#version 460
// Proxy depth: copies the indices of the clusters for the vertex pipeline one after the other, so that one draw has all.
// A workgroup a cluster, a thread a triangle.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#include "structs.glsl"

layout(local_size_x = 128) in;
layout(set = 0, binding = 0) uniform Frame { ProxyFrame frame; };
layout(push_constant) uniform Push { uint second; };

void main() {
    uint entry = gl_WorkGroupID.y * MOST_GROUPS + gl_WorkGroupID.x, triangle = gl_LocalInvocationID.x;
    if (entry >= frame.counters.at[second * PASS + LARGE])
        return;
    uint id = frame.large_list.at[entry], to = frame.draws.at[entry] + 3 * triangle;
    uint from = 3 * (frame.cluster.at[id].first_triangle + triangle);
    if (triangle < frame.cluster.at[id].triangles)
        for (uint i = 0; i < 3; i++)
            frame.compacted.at[to + i] = frame.indices.at[from + i];
}
