// All items -> the visible ones, ascending: whole chunks by their bounds, then each item of those left.
#include "cpu.h"

CullScratch::CullScratch(Arena &arena, const GsModel &model) {
    state = arena.take<unsigned char>(model.count);
    first = arena.take<int>(chunk_count(model) + 1);
}

int cull(const GsModel &model, const GsView &view, const GsBuffers &buffers) {
    Arena arena(buffers.scratch);
    CullScratch scratch(arena, model);
    const int chunks = chunk_count(model);
    long long inside = 0, lod = 0;
    // Two passes: test and count, then write in order. The order is that of the items, whatever the number of threads.
#pragma omp parallel for schedule(dynamic, 4) reduction(+ : inside, lod)
    for (int chunk = 0; chunk < chunks; chunk++) {
        const int begin = chunk * GS_CHUNK, end = model.count - begin < GS_CHUNK ? model.count : begin + GS_CHUNK;
        int here, passed, visible = 0;
        const int fate = cull_chunk(model, view, chunk, here, passed);
        if (fate == CHUNK_DROP) inside += here, lod += passed;
        for (int i = begin; i < end && fate != CHUNK_DROP; i++) {
            const int state = fate == CHUNK_TEST ? cull_one(model, view, i) : mask_one(model, view, i);
            scratch.state[i] = (unsigned char)state;
            inside += state & CULL_INSIDE ? 1 : 0;
            lod += state & CULL_LOD ? 1 : 0;
            visible += state & CULL_VISIBLE ? 1 : 0;
        }
        scratch.first[chunk] = visible;
    }
    scratch.first[chunks] = exclusive_sum(scratch.first, chunks);
#pragma omp parallel for schedule(static)
    for (int chunk = 0; chunk < chunks; chunk++) {
        int at = scratch.first[chunk];
        if (at == scratch.first[chunk + 1]) continue; // dropped, or none visible: its states were not written
        const int begin = chunk * GS_CHUNK, end = model.count - begin < GS_CHUNK ? model.count : begin + GS_CHUNK;
        for (int i = begin; i < end; i++)
            if (scratch.state[i] & CULL_VISIBLE) buffers.item_from_visible[at++] = i;
    }
    buffers.counts->inside = inside;
    buffers.counts->lod = lod;
    buffers.counts->visible = scratch.first[chunks];
    return 0;
}
