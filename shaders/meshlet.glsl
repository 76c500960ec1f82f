// A cluster's vertices on the screen, for the compute rasterisers: each is loaded and projected once for the six
// triangles around it.

#include "corner.glsl"

const uint MOST_VERTICES = 255;
shared vec2 places[MOST_VERTICES];     // on the grid, pixels
shared float inverses[MOST_VERTICES];  // 1 / z; 0 before the near plane

uint triangles_of(Meshlet m) {
    return bitfieldExtract(m.counts, 0, 8);
}

uint vertices_of(Meshlet m) {
    return bitfieldExtract(m.counts, 8, 8);
}

// One of those that are packed from a word on, up to 32 bits each.
uint unpacked(uint first_word, uint i, uint bits) {
    uint at = i * bits, word = first_word + at / 32, shift = at % 32, value = frame.packed.at[word] >> shift;
    if (shift + bits > 32)
        value |= frame.packed.at[word + 1] << (32 - shift);
    return bitfieldExtract(value, 0, int(bits));
}

// Before the camera, by its place among the meshlet's vertices.
vec3 corner_of(Meshlet m, uint i) {
    return corner(m.base + unpacked(m.first_word, i, bitfieldExtract(m.counts, 16, 8)));
}

// A triangle's corners, by their places among the meshlet's vertices.
uvec3 corners_of(Meshlet m, uint triangle) {
    uint list = (vertices_of(m) * bitfieldExtract(m.counts, 16, 8) + 31) / 32, bits = m.counts >> 24;
    uint corners = unpacked(m.first_word + list, triangle, 3 * bits);
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
