#version 460
// Which surface a pixel shows: a vertex of a drawn cluster, which is the draw's instance.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#include "structs.glsl"

layout(set = 0, binding = 0) uniform Frame { ProxyFrame frame; };
layout(location = 0) in vec3 vertex;
layout(location = 0) flat out uint cluster;
#include "corner.glsl"

void main() {
    vec3 clip = corner(vertex);
    gl_Position = vec4(clip.xy, frame.near, clip.z);
    cluster = gl_InstanceIndex;
}
