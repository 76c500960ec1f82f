#version 460
// One texel of the font or of an image, tinted. The target is UNORM, so the colours are the screen's already.

layout(set = 0, binding = 0) uniform sampler2D image;

layout(location = 0) in vec2 texture_coordinate;
layout(location = 1) in vec4 colour;

layout(location = 0) out vec4 result;

void main() {
    result = colour * texture(image, texture_coordinate);
}
