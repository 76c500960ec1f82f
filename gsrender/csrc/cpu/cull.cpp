// All items -> the visible ones, ascending.
#include "cpu.h"

CullScratch::CullScratch(Arena &arena, const GsModel &model) {
    state = arena.take<unsigned char>(model.count);
    first = arena.take<int>(blocks_of(model.count) + 1);
}

int cull(const GsModel &model, const GsView &view, const GsBuffers &buffers) {
    Arena arena(buffers.scratch);
    CullScratch scratch(arena, model);
    const int blocks = blocks_of(model.count);
    long long lod = 0;
    // Two passes over blocks of items: test and count, then write in order. The order is that of the items, whatever
    // the number of threads.
#pragma omp parallel for schedule(dynamic) reduction(+ : lod)
    for (int block = 0; block < blocks; block++) {
        int visible = 0;
        for (int i = block * BLOCK; i < end_of(block, model.count); i++) {
            const int state = cull_one(model, view, i);
            scratch.state[i] = (unsigned char)state;
            lod += state & CULL_LOD ? 1 : 0;
            visible += state & CULL_VISIBLE ? 1 : 0;
        }
        scratch.first[block] = visible;
    }
    const int visible = exclusive_sum(scratch.first, blocks);
#pragma omp parallel for schedule(static)
    for (int block = 0; block < blocks; block++) {
        int at = scratch.first[block];
        for (int i = block * BLOCK; i < end_of(block, model.count); i++)
            if (scratch.state[i] & CULL_VISIBLE) buffers.item_from_visible[at++] = i;
    }
    *buffers.counts = GsCounts{lod, visible, 0, 0, 0, {}};
    return 0;
}
