// A cluster's vertices on the screen, for the compute rasterisers: each is loaded and projected once for the six
// triangles around it.

#include "corner.glsl"
#include "packing.glsl"

layout(constant_id = 1) const bool PACKED = false; // the mesh's vertices are
const uint MOST_VERTICES = 255;
shared vec2 places[MOST_VERTICES];     // on the grid, pixels
shared float inverses[MOST_VERTICES];  // 1 / z; 0 before the near plane

uint triangles_of(Meshlet m) {
    return bitfieldExtract(m.counts, 0, 8);
}

uint vertices_of(Meshlet m) {
    return bitfieldExtract(m.counts, 8, 8);
}

// By its place among the mesh's vertices: vk_interop/packed_vertices.py.
vec3 unpacked_vertex(uint place) {
    VertexRun run = frame.vertex_run.at[place / VERTEX_RUN];
    uvec3 bits = uvec3(run.bits, run.bits >> 8, run.bits >> 16) & 255, words = bits * (VERTEX_RUN / 32);
    uvec3 first = run.first_word + uvec3(0, words.x, words.x + words.y);
    uvec3 ordered = uvec3(run.least_x, run.least_y, run.least_z);
    for (int axis = 0; axis < 3; axis++)
        ordered[axis] += unpacked(frame.vertex_words, first[axis], place % VERTEX_RUN, bits[axis]);
    return uintBitsToFloat(ordered ^ (uvec3(ivec3(~ordered) >> 31) | 0x80000000));
}

// Before the camera, by its place among the meshlet's vertices.
vec3 corner_of(Meshlet m, uint i) {
    uint place = m.base + unpacked(frame.packed, m.first_word, i, bitfieldExtract(m.counts, 16, 8));
    if (PACKED)
        return corner(unpacked_vertex(place));
    return corner(place);
}

// A triangle's corners, by their places among the meshlet's vertices.
uvec3 corners_of(Meshlet m, uint triangle) {
    uint list = (vertices_of(m) * bitfieldExtract(m.counts, 16, 8) + 31) / 32, bits = m.counts >> 24;
    uint corners = unpacked(frame.packed, m.first_word + list, triangle, 3 * bits);
    return uvec3(corners, corners >> bits, corners >> 2 * bits) & (1 << bits) - 1;
}

// Called by the whole workgroup, and a barrier after it.
void project_vertices(Meshlet m) {
    for (uint i = gl_LocalInvocationID.x; i < vertices_of(m); i += gl_WorkGroupSize.x) {
        vec3 clip = corner_of(m, i);
        places[i] = round((clip.xy / clip.z * 0.5 + 0.5) * frame.size * GRID) / GRID;
        inverses[i] = clip.z > frame.near ? 1 / clip.z : 0;
    }
}
