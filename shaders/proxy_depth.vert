#version 460
// Proxy depth: a vertex of the mesh to clip space, reversed-Z with the far plane at infinity.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#include "structs.glsl"

layout(set = 0, binding = 0) uniform Frame { ProxyFrame frame; };
layout(location = 0) in vec3 vertex;
#include "corner.glsl"

void main() {
    vec3 clip = corner(vertex);
    gl_Position = vec4(clip.xy, frame.near, clip.z);
}
