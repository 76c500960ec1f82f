// All items -> the visible ones, ascending: whole chunks by their bounds, then each item of those left.
#include "ellipses.h"

CullScratch::CullScratch(Arena &arena, const GsModel &model) {
    state = arena.take<unsigned char>(model.count);
    first = arena.take<int>(chunk_count(model) + 1);
}

// Whether the proxy hides an item that is on and whose ellipse is in the picture.
static bool is_hidden(const GsModel &model, const GsView &view, int item, const Ellipse &e) {
    if (view.culling == GS_OFF || !view.depth) return false;
    const Vec3 p = camera_from_world(view, load3(model.position + 3 * size_t(item)));
    if (view.culling == GS_CENTRE) return centre_is_hidden(view, p);
    return model.kind == GS_ANCHORS ? anchor_is_hidden(view, p, model.reach + 2 * size_t(item))
                                    : splat_is_hidden(view, e, model.scale + 3 * size_t(item));
}

// Sets CULL_VISIBLE as cull_one does, in the states of as many items as a vector has lanes, or less.
static void see_items(const GsModel &model, const GsView &view, int first, int lanes, unsigned char *states) {
    const int stride = model.kind == GS_ANCHORS ? 6 : 3;
    Shapes shapes = {};
    int any = 0;
    for (int lane = 0; lane < lanes; lane++) {
        const size_t i = first + lane;
        any |= states[lane] & CULL_LOD;
        shapes.set(lane, model.position + 3 * i, model.scale + stride * i, model.rotation + 4 * i);
    }
    if (!any) return;
    const Ellipses e = ellipses_of(view, shapes);
    for (int lane = 0; lane < lanes; lane++)
        if (states[lane] & CULL_LOD && e.seen[lane] && !is_hidden(model, view, first + lane, e.of(lane)))
            states[lane] |= CULL_VISIBLE;
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
        const bool all = here == end - begin && passed == end - begin;
        for (int i = begin; i < end && fate != CHUNK_DROP; i++)
            scratch.state[i] = (unsigned char)(all ? CULL_INSIDE | CULL_LOD : mask_one(model, view, i));
        for (int i = begin; i < end && fate == CHUNK_TEST; i += LANES)
            see_items(model, view, i, end - i < LANES ? end - i : LANES, scratch.state + i);
        for (int i = begin; i < end && fate != CHUNK_DROP; i++) {
            const int state = scratch.state[i];
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
