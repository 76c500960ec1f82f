#version 460
// ImGui's own vertices, in pixels of the display, to clip space.

layout(push_constant) uniform Push {
    vec2 scale;
    vec2 translate;
};

layout(location = 0) in vec2 position;
layout(location = 1) in vec2 texture_coordinate;
layout(location = 2) in vec4 colour;

layout(location = 0) out vec2 fragment_texture_coordinate;
layout(location = 1) out vec4 fragment_colour;

void main() {
    gl_Position = vec4(position * scale + translate, 0.0, 1.0);
    fragment_texture_coordinate = texture_coordinate;
    fragment_colour = colour;
}
