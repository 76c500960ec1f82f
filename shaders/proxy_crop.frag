#version 460
// Proxy depth: leaves out what lies outside of the crop box. Runs only where there is one.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#include "structs.glsl"

layout(set = 0, binding = 0) uniform Frame { ProxyFrame frame; };
#include "crop.glsl"

void main() {
    if (!is_inside_crop(gl_FragCoord.xy, frame.near / gl_FragCoord.z))
        discard;
}
