// What the host writes and the shaders read. Each struct has one place in Python that fills it, named beside it.

// One frame of the proxy depth: vk_interop/proxy_depth.py, ProxyDepth._view. Layout std140, 64 bytes.
struct ProxyView {
    vec3 position; // of the camera, in the world
    float near;    // view z, scene units
    vec3 clip_x;   // clip-space x of an offset from the camera is dot(clip_x, offset)
    float far;     // view z beyond which nothing is kept; +inf keeps all
    vec3 clip_y;
    float unused0;
    vec3 forward;  // view z of an offset, which is clip-space w as well
    float unused1;
};

// The bits of positive floats order as unsigned integers do, +inf included, so depth is compared and stored as bits.
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Depths {
    uint bits[];
};

// One reduction of the max pyramid: vk_interop/proxy_depth.py, ProxyDepth._resolve. 24 bytes.
// The slot comes by its address and not as a binding, since a binding ends at 128 MB on lavapipe: 5000 x 5000 texels.
struct Reduction {
    Depths levels;  // level 0, then each next one, row by row
    uint offset;    // of the source level, texels
    uint width;     // of the source level
    uint height;
    uint count;     // levels to write, at most 2
};
