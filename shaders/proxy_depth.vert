#version 460
// Proxy depth, first pass: a vertex of the mesh to clip space, reversed-Z with the far plane at infinity.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#include "structs.glsl"

layout(set = 0, binding = 0) uniform View { ProxyView view; };
layout(location = 0) in vec3 vertex;

void main() {
    // From the camera first: far from the origin, rotating world coordinates would lose the small difference.
    vec3 offset = vertex - view.position;
    gl_Position = vec4(dot(view.clip_x, offset), dot(view.clip_y, offset), view.near, dot(view.forward, offset));
}
