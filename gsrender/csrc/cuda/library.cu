// What is not a stage.
#include "cuda.h"

int gs_version(void) { return GS_VERSION; }

const char *gs_error(int error) { return cudaGetErrorString(cudaError_t(error)); }

long long gs_scratch_bytes(const GsModel *model, const GsView *view, const GsBuffers *buffers) {
    Arena cull(nullptr), decode(nullptr), sort(nullptr);
    CullScratch(cull, *model);
    DecodeScratch(decode, *model);
    SortScratch(sort, *view, *buffers);
    const size_t most = cull.used > decode.used ? cull.used : decode.used;
    return (long long)(most > sort.used ? most : sort.used);
}
