#version 460
// Proxy depth: chooses the clusters to draw, by 8 threads a group. lavapipe runs a subgroup of 8 whether any of them
// has something to do or not: `town` 4 x 4 takes 42 ms with the 32 of proxy_select.comp, of which most have not, and 13
// so.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#extension GL_KHR_shader_subgroup_ballot : require
#extension GL_KHR_shader_subgroup_vote : require
#include "structs.glsl"

layout(local_size_x = 8) in;
layout(set = 0, binding = 0) uniform Frame { ProxyFrame frame; };
#include "choose.glsl"
