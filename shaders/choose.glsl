// The choice of clusters for a frame, and of these the ones to draw at once: those that were visible in the last frame.
// A workgroup a group, and a thread for each of its clusters. (A thread a group, with the subgroup going through the
// clusters of each that is left, waits for one group after another: 0.054 ms for `town` on an H100, and few of its
// multiprocessors at work.)

#include "box.glsl"
#include "select.glsl"

layout(constant_id = 1) const bool CROPS = false;

bool too_coarse(float error, float z) {
    return error * frame.focal > frame.lod_error * max(z, frame.near);
}

// What replaces the group would be off by more than is allowed.
bool too_coarse(Group g) {
    return too_coarse(g.error, dot(frame.forward, g.centre - frame.position) - g.radius * frame.unit);
}

// Every cluster of the group itself is, even at the far end of its sphere.
bool all_too_coarse(Group g) {
    return too_coarse(g.least_error, dot(frame.forward, g.centre - frame.position) + g.radius * frame.unit);
}

bool reaches(vec3 inwards, vec3 offset, float radius) {
    return dot(inwards, offset) + length(inwards) * radius >= 0;
}

// Its sphere holds all of its clusters.
bool in_view(Group g) {
    vec3 offset = g.centre - frame.position;
    float z = dot(frame.forward, offset), radius = g.radius * frame.unit;
    return z + radius >= frame.near && z - radius <= frame.far &&
           reaches(frame.forward + frame.clip_x, offset, g.radius) &&
           reaches(frame.forward - frame.clip_x, offset, g.radius) &&
           reaches(frame.forward + frame.clip_y, offset, g.radius) &&
           reaches(frame.forward - frame.clip_y, offset, g.radius);
}

bool reaches_crop(Cluster c) {
    vec3 most, least;
    for (int axis = 0; axis < 3; axis++)
        most[axis] = furthest(frame.crop_axes[axis], c), least[axis] = -furthest(-frame.crop_axes[axis], c);
    return all(greaterThanEqual(most, frame.crop_low)) && all(lessThanEqual(least, frame.crop_high));
}

bool in_view(Cluster c) {
    return furthest(frame.forward, c) >= frame.near && -furthest(-frame.forward, c) <= frame.far &&
           furthest(frame.forward + frame.clip_x, c) >= 0 && furthest(frame.forward - frame.clip_x, c) >= 0 &&
           furthest(frame.forward + frame.clip_y, c) >= 0 && furthest(frame.forward - frame.clip_y, c) >= 0;
}

// lavapipe compiles a shader anew for each frame, and keeps what it made, where a branch depends on nothing but
// uniforms: half a megabyte and 7 ms a frame. So this asks for something else as well, which is always so.
bool is_frozen() {
    return (frame.flags & FROZEN) != 0 && gl_WorkGroupID.z == 0;
}

// A cluster of a group that is too coarse. Called by the whole workgroup.
void choose(uint id, bool exists) {
    bool occlusion = (frame.flags & OCCLUSION) != 0, frozen = is_frozen();
    uint state = exists ? frame.seen.at[id] : 0;
    bool known = exists && state / STAMP == frame.last, in_cut = false, pending = false, draws = false;
    Cluster c;
    if (frozen) {
        draws = known && (state & DRAWN) != 0;
        if (draws)
            c = frame.cluster.at[id];
    } else if (exists) {
        int refined = frame.cluster.at[id].refined;
        in_cut = refined < 0 || !too_coarse(frame.group.at[refined]);
        if (in_cut) {
            c = frame.cluster.at[id];
            pending = in_view(c) && (!CROPS || reaches_crop(c));
            bool at_once = known ? (state & VISIBLE) != 0 : -furthest(-frame.forward, c) < frame.nearby;
            draws = pending && (at_once || !occlusion);
        }
    }
    count(TESTED, uint(exists));
    count(CULLED_FRUSTUM, uint(in_cut && !pending));
    if (pending && !occlusion)
        frame.seen.at[id] = frame.stamp * STAMP + VISIBLE + DRAWN;
    uint entry = claim(PENDING, PENDING_GROUPS, 64, pending && occlusion);
    if (pending && occlusion)
        frame.pending.at[entry] = 2 * id + uint(draws);
    Rectangle r;
    bool has_rectangle = draws && project(c, r);
    draw(id, 0, draws, c, has_rectangle, r);
}

void main() {
    uint id = gl_WorkGroupID.y * MOST_GROUPS + gl_WorkGroupID.x;
    if (id >= frame.groups)
        return;
    Group group = frame.group.at[id];
    if (!is_frozen()) {
        if (!too_coarse(group) || all_too_coarse(group))
            return;
        if (!in_view(group)) {
            if (gl_LocalInvocationID.x == 0)
                atomicAdd(frame.counters.at[CULLED_FRUSTUM], group.clusters);
            return;
        }
    }
    for (uint i = gl_LocalInvocationID.x; i - gl_LocalInvocationID.x < group.clusters; i += gl_WorkGroupSize.x)
        choose(group.first_cluster + i, i < group.clusters);
}
