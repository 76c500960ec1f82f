// The max pyramid, two levels a dispatch: a thread owns 4 x 4 texels of the source level, 2 x 2 of the next and one of
// the one after. Sizes round up, so a texel may lack children; a missing one counts as 0, which is below every depth.
// No shared memory: with it (five levels a dispatch) lavapipe takes 8.5 instead of 1.7 ms at 960 x 640.

layout(local_size_x = 8, local_size_y = 8) in;
layout(push_constant) uniform Push { Reduction push; };

uint source(uvec2 at); // bits of a texel of the source level; 0 outside

void reduce() {
    uvec2 size = uvec2(push.width, push.height);
    uvec2 next_size = (size + 1) / 2, last_size = (next_size + 1) / 2;
    uint next = push.offset + size.x * size.y, last = next + next_size.x * next_size.y;
    uvec2 at = gl_GlobalInvocationID.xy;
    uint most = 0;
    for (uint i = 0; i < 4; i++) {
        uvec2 child = 2 * at + uvec2(i & 1, i >> 1), grandchild = 2 * child;
        uint value = max(max(source(grandchild), source(grandchild + uvec2(1, 0))),
                         max(source(grandchild + uvec2(0, 1)), source(grandchild + uvec2(1, 1))));
        if (push.count > 0 && all(lessThan(child, next_size)))
            push.levels.bits[next + child.y * next_size.x + child.x] = value;
        most = max(most, value);
    }
    if (push.count > 1 && all(lessThan(at, last_size)))
        push.levels.bits[last + at.y * last_size.x + at.x] = most;
}
