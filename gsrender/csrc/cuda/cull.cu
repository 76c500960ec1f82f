// All items -> the visible ones, ascending: one thread tests an item, cub compacts in order.
#include "cuda.h"

#include <thrust/iterator/counting_iterator.h>

static thrust::counting_iterator<int> every_item() { return thrust::counting_iterator<int>(0); }

CullScratch::CullScratch(Arena &arena, const GsModel &model) {
    is_visible = arena.take<unsigned char>(model.count);
    selected = arena.take<int>(1);
    select_bytes = 0;
    cub::DeviceSelect::Flagged(nullptr, select_bytes, every_item(), is_visible, (int *)nullptr, selected, model.count);
    select = arena.take<char>(select_bytes);
}

static __global__ void test_items(GsModel model, GsView view, unsigned char *is_visible, GsCounts *counts) {
    const long long item = thread_index();
    const int state = item < model.count ? cull_one(model, view, int(item)) : CULL_HIDDEN;
    if (item < model.count) is_visible[item] = (state & CULL_VISIBLE) != 0;
    add_to(&counts->lod, (state & CULL_LOD) != 0);
}

static __global__ void store_count(const int *selected, GsCounts *counts) { counts->visible = *selected; }

int gs_cull(const GsModel *model, const GsView *view, const GsBuffers *buffers, void *stream_pointer) {
    const cudaStream_t stream = stream_of(stream_pointer);
    Arena arena(buffers->scratch);
    CullScratch scratch(arena, *model);
    GS_TRY(cudaMemsetAsync(buffers->counts, 0, sizeof(GsCounts), stream));
    test_items<<<blocks_for(model->count), THREADS, 0, stream>>>(*model, *view, scratch.is_visible, buffers->counts);
    GS_TRY(cub::DeviceSelect::Flagged(scratch.select, scratch.select_bytes, every_item(), scratch.is_visible,
                                      buffers->item_from_visible, scratch.selected, model->count, stream));
    store_count<<<1, 1, 0, stream>>>(scratch.selected, buffers->counts);
    return int(cudaGetLastError());
}
