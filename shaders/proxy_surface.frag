#version 460
// Which surface a pixel shows: its cluster, counted from 1, and the bits of three numbers: its triangle's area on the
// screen in pixels, how many pixels it is from the nearest edge of that, and its view z.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#include "structs.glsl"

layout(set = 0, binding = 0) uniform Frame { ProxyFrame frame; };
layout(location = 0) flat in uint cluster;
layout(location = 0) out uvec4 surface;
#include "corner.glsl"
#include "crop.glsl"

void main() {
    if (!is_inside_crop(gl_FragCoord.xy, frame.near / gl_FragCoord.z))
        discard;
    uint first = 3 * (frame.cluster.at[cluster].first_triangle + gl_PrimitiveID);
    vec2 half_size = 0.5 * frame.size;
    vec3 at[3]; // pixels from the middle of the picture, times view z, and that
    for (uint i = 0; i < 3; i++)
        at[i] = corner(frame.indices.at[first + i]) * vec3(half_size, 1);
    bool whole = min(at[0].z, min(at[1].z, at[2].z)) > frame.near;
    vec2 a = at[1].xy / at[1].z - at[0].xy / at[0].z, b = at[2].xy / at[2].z - at[0].xy / at[0].z;
    float area = whole ? 0.5 * abs(a.x * b.y - a.y * b.x) : uintBitsToFloat(MISS); // unbounded: +inf
    // In homogeneous coordinates, a line is that through two corners even where one of them is behind the camera.
    float nearest = uintBitsToFloat(MISS);
    for (uint i = 0; i < 3; i++) {
        vec3 line = cross(at[i], at[(i + 1) % 3]);
        float rise = length(line.xy);
        if (rise > 0)
            nearest = min(nearest, abs(dot(line, vec3(gl_FragCoord.xy - half_size, 1))) / rise);
    }
    surface = uvec4(cluster + 1, floatBitsToUint(vec3(area, nearest, frame.near / gl_FragCoord.z)));
}
