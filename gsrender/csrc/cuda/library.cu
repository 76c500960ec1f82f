// What is not a stage.
#include "cuda.h"

int gs_version(void) { return GS_VERSION; }

const char *gs_error(int error) {
    return error == TOO_WIDE ? "this GPU has too little shared memory for decoders of that width; use the CPU"
                             : cudaGetErrorString(cudaError_t(error));
}

long long gs_scratch_bytes(const GsModel *model, const GsView *view, const GsBuffers *buffers) {
    Arena arena(nullptr);
    Scratch(arena, *model, *view, *buffers);
    return (long long)arena.used;
}

struct Stage {
    const char *name;
    int (*run)(const GsModel &, const GsView &, const GsBuffers &, cudaStream_t);
};
static const Stage STAGES[] = {{"cull", cull}, {"decode+project", decode}, {"sort", sort}, {"blend", blend}};
enum { STAGE_COUNT = sizeof STAGES / sizeof *STAGES };

const char *gs_stage_name(int stage) { return stage >= 0 && stage < STAGE_COUNT ? STAGES[stage].name : nullptr; }

int gs_stage(int stage, const GsModel *model, const GsView *view, const GsBuffers *buffers, void *stream) {
    return STAGES[stage].run(*model, *view, *buffers, static_cast<cudaStream_t>(stream));
}
