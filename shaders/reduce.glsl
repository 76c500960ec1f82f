// The max pyramid. A thread owns 4 x 4 texels of the source level, 2 x 2 of the next and one of the one after; a
// workgroup owns 64 x 64, and with SHARED goes on to its single texel, six levels up, in shared memory. lavapipe is
// faster without (1.7 against 8.5 ms at 960 x 640), a GPU needs fewer dispatches with it.
// Sizes round up, so a texel may lack children; a missing one counts as 0, which is below every depth.

layout(constant_id = 0) const bool SHARED = false;
layout(local_size_x = 16, local_size_y = 16) in;
layout(push_constant) uniform Push { Reduction push; };

shared uint tile[16][16];

struct Block {
    uvec4 rows[4];
};

// Bits of the source level's 4 x 4 texels from `at` on; 0 outside.
Block source(uvec2 at);

void put(uint offset, uvec2 size, uvec2 at, uint bits) {
    if (all(lessThan(at, size)))
        push.levels.at[offset + at.y * size.x + at.x] = bits;
}

void reduce() {
    uvec2 size = uvec2(push.width, push.height), at = gl_GlobalInvocationID.xy, local = gl_LocalInvocationID.xy;
    uint offset = push.offset + size.x * size.y;
    Block block = source(4 * at);
    uvec4 upper = max(block.rows[0], block.rows[1]), lower = max(block.rows[2], block.rows[3]);
    uvec4 next = max(uvec4(upper.xz, lower.xz), uvec4(upper.yw, lower.yw));
    if (push.count == 0)
        return;
    size = (size + 1) / 2;
    put(offset, size, 2 * at, next.x), put(offset, size, 2 * at + uvec2(1, 0), next.y);
    put(offset, size, 2 * at + uvec2(0, 1), next.z), put(offset, size, 2 * at + uvec2(1, 1), next.w);
    uint most = max(max(next.x, next.y), max(next.z, next.w));
    for (uint level = 2; level <= push.count; level++) {
        offset += size.x * size.y;
        size = (size + 1) / 2;
        uint width = 64 >> level; // of the workgroup's texels of this level
        bool owner = all(lessThan(local, uvec2(width)));
        if (level > 2) {
            if (owner) {
                uvec2 c = 2 * local;
                most = max(max(tile[c.y][c.x], tile[c.y][c.x + 1]), max(tile[c.y + 1][c.x], tile[c.y + 1][c.x + 1]));
            }
            barrier();
        }
        if (owner)
            put(offset, size, gl_WorkGroupID.xy * width + local, most);
        if (!SHARED)
            break;
        if (owner)
            tile[local.y][local.x] = most;
        barrier();
    }
}
