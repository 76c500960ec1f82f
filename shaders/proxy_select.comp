#version 460
// Proxy depth: chooses the clusters to draw.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#extension GL_KHR_shader_subgroup_ballot : require
#extension GL_KHR_shader_subgroup_vote : require
#include "structs.glsl"

layout(local_size_x = 32) in;
layout(set = 0, binding = 0) uniform Frame { ProxyFrame frame; };
#include "choose.glsl"
