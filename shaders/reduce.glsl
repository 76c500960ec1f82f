// The max pyramid, five levels a dispatch: a workgroup of 16 x 16 owns 32 x 32 texels of the source level.
// Sizes round up, so a texel may have one or two children; a missing child counts as 0, below every depth.

layout(local_size_x = 16, local_size_y = 16) in;
layout(push_constant) uniform Push { Reduction push; };

shared uint tile[16][16];

// `value`: the largest of the four source texels at 2 * gl_GlobalInvocationID.
void reduce(uint value) {
    uvec2 local = gl_LocalInvocationID.xy;
    uvec2 size = uvec2(push.width, push.height);
    uint offset = push.offset;
    for (uint i = 0, edge = 16; i < push.count; i++, edge /= 2) {
        offset += size.x * size.y;
        size = (size + 1) / 2;
        uvec2 at = gl_WorkGroupID.xy * edge + local;
        bool mine = all(lessThan(local, uvec2(edge)));
        if (mine && all(lessThan(at, size)))
            push.levels.bits[offset + at.y * size.x + at.x] = value;
        if (mine)
            tile[local.y][local.x] = value;
        barrier();
        if (all(lessThan(local, uvec2(edge / 2)))) {
            uvec2 child = 2 * local;
            value = max(max(tile[child.y][child.x], tile[child.y][child.x + 1]),
                        max(tile[child.y + 1][child.x], tile[child.y + 1][child.x + 1]));
        }
        barrier();
    }
}
