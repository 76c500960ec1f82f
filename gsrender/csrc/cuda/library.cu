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
static_assert(STAGE_COUNT == int(GS_END), "a moment for the beginning of each stage, in their order");

const char *gs_stage_name(int stage) { return stage >= 0 && stage < STAGE_COUNT ? STAGES[stage].name : nullptr; }

// The view travels as an argument of the launch, and there is nothing to wait for: a copy from the host's memory and
// two of cudaMemset between the wait for the depth and the first stage took 8 us of each frame.
static __global__ void __launch_bounds__(THREADS)
    begin_frame(const GsView view, GsView *to, GsCounts *counts, unsigned *scratch, long long words) {
    if (thread_index() == 0) *to = view, *counts = GsCounts{};
    for (long long i = thread_index(); i < words; i += thread_count()) scratch[i] = 0;
}

int gs_begin(const GsModel *model, const GsView *view, const GsBuffers *buffers, void *stream) {
    Arena arena(buffers->scratch);
    const Scratch scratch(arena, *model, *view, *buffers);
    const long long words = (long long)(scratch.zeroed / sizeof(unsigned)), wanted = (words + THREADS - 1) / THREADS;
    const unsigned blocks = unsigned(fitting(wanted, resident_blocks(8)));
    begin_frame<<<blocks, THREADS, 0, static_cast<cudaStream_t>(stream)>>>(
        *view, const_cast<GsView *>(buffers->view), buffers->counts, static_cast<unsigned *>(buffers->scratch), words);
    return int(cudaGetLastError());
}

int gs_stage(int stage, const GsModel *model, const GsView *view, const GsBuffers *buffers, void *stream) {
    return STAGES[stage].run(*model, *view, *buffers, static_cast<cudaStream_t>(stream));
}
