#version 460
// Proxy depth: the depth that was drawn -> the depth that culling reads, and the levels above it. A surface that was
// simplified to within some pixels hides no more than the full one: each texel becomes the farthest of those within
// `reach` pixels, and `scale` times as far.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#include "structs.glsl"
#include "reduce.glsl"

layout(constant_id = 1) const int REACH = 1;
layout(set = 0, binding = 0) uniform Frame { ProxyFrame frame; };

// The farthest of a row's texels within reach of each of the four from `at` on.
uvec4 farthest(ivec2 at) {
    ivec2 size = ivec2(push.width, push.height);
    uvec4 most = uvec4(0);
    for (int x = -REACH; x <= 3 + REACH; x++) {
        ivec2 place = clamp(at + ivec2(x, 0), ivec2(0), size - 1); // beyond the edge, one that is within reach anyway
        uint bits = push.drawn.at[place.y * size.x + place.x];
        ivec4 far = abs(ivec4(0, 1, 2, 3) - x);
        most = max(most, mix(uvec4(0), uvec4(bits), lessThanEqual(far, ivec4(REACH))));
    }
    return most;
}

uvec4 keep(uvec2 at, uvec4 bits) {
    bits = floatBitsToUint(uintBitsToFloat(bits) * frame.scale);
    for (uint i = 0; i < 4; i++) {
        if (at.x + i < push.width && at.y < push.height)
            push.levels.at[at.y * push.width + at.x + i] = bits[i];
        else
            bits[i] = 0;
    }
    return bits;
}

Block source(uvec2 at) {
    uvec4 a = uvec4(0), b = a, c = a, d = a;
    for (int y = -REACH; y <= 3 + REACH; y++) {
        uvec4 row = farthest(ivec2(at) + ivec2(0, y));
        if (y <= REACH)
            a = max(a, row);
        if (abs(y - 1) <= REACH)
            b = max(b, row);
        if (abs(y - 2) <= REACH)
            c = max(c, row);
        if (y >= 3 - REACH)
            d = max(d, row);
    }
    return Block(uvec4[](keep(at, a), keep(at + uvec2(0, 1), b), keep(at + uvec2(0, 2), c), keep(at + uvec2(0, 3), d)));
}

void main() {
    reduce();
}
