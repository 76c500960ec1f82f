// What both choices of clusters share: their state, the size of their triangles, the lists they go to.

layout(constant_id = 0) const bool DRAWS = true;  // the vertex pipeline does, what is large

// A cluster's state: the stamp of the frame that last tested it, and what it found.
const uint STAMP = 4;                // steps
const uint VISIBLE = 1, DRAWN = 2;

// Pixels that no triangle of the cluster is longer than, along either axis: how far a step of the longest edge's length
// moves a point of the rectangle, wherever it points to.
float longest_on_screen(Cluster c, Rectangle r) {
    vec2 x = vec2(length(frame.clip_x - r.low.x * frame.forward), length(frame.clip_x - r.high.x * frame.forward));
    vec2 y = vec2(length(frame.clip_y - r.low.y * frame.forward), length(frame.clip_y - r.high.y * frame.forward));
    vec2 pixels = 0.5 * frame.size * vec2(max(x.x, x.y), max(y.x, y.y));
    return c.longest_edge * max(pixels.x, pixels.y) / r.nearest;
}

// --- lists, an atomic a subgroup ----------------------------------------------------------------------------------

void count(uint counter, uint own) {
    uint all = subgroupAdd(own);
    if (subgroupElect() && all > 0)
        atomicAdd(frame.counters.at[counter], all);
}

// An entry in a list, which has a count, and the workgroups to dispatch over it, each for `share` entries.
uint claim(uint list, uint groups, uint share, bool wanted) {
    uvec4 ballot = subgroupBallot(wanted);
    uint all = subgroupBallotBitCount(ballot), first = 0;
    if (subgroupElect() && all > 0) {
        first = atomicAdd(frame.counters.at[list], all);
        uint started = (first + share - 1) / share, needed = (first + all + share - 1) / share;
        if (needed > started)
            atomicMax(frame.counters.at[groups], min(needed, MOST_GROUPS));
        if (started == 0 || needed > MOST_GROUPS)
            atomicMax(frame.counters.at[groups + 1], (needed + MOST_GROUPS - 1) / MOST_GROUPS);
    }
    return subgroupBroadcastFirst(first) + subgroupBallotExclusiveBitCount(ballot);
}

const float MEDIUM_SIZE = 32; // pixels: a workgroup may take long with longer triangles, so several share a cluster

// Puts a cluster on the list of the rasteriser that draws it.
void draw(uint id, uint second, bool wanted, Cluster c, bool has_rectangle, Rectangle r) {
    if (!subgroupAny(wanted))
        return;
    float longest = wanted && has_rectangle ? longest_on_screen(c, r) : MOST_FLOAT;
    bool is_large = longest > frame.small_size, is_medium = !is_large && longest > MEDIUM_SIZE;
    uint base = second * PASS;
    uint small_entry = claim(base + SMALL, base + SMALL_GROUPS, 1, wanted && !is_medium && !is_large);
    uint medium_entry = claim(base + MEDIUM, base + MEDIUM_GROUPS, 1, wanted && is_medium);
    uint large_entry = claim(base + LARGE, base + LARGE_GROUPS, 1, wanted && is_large);
    count(TRIANGLES, wanted ? c.triangles : 0);
    if (!wanted)
        return;
    atomicAdd(frame.counters.at[LEVELS + min(c.level, 31)], 1);
    if (is_large)
        frame.large_list.at[large_entry] = id;
    else if (is_medium)
        frame.medium_list.at[medium_entry] = id;
    else
        frame.small_list.at[small_entry] = id;
    if (!is_large || !DRAWS)
        return;
    uint command[5] = {3 * c.triangles, 1, 3 * c.first_triangle, 0, id}; // an instance number tells views whose it is
    for (uint i = 0; i < 5; i++)
        frame.draws.at[5 * large_entry + i] = command[i];
}
