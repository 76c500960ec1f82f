// What is not a stage.
#include "cpu.h"

int gs_version(void) { return GS_VERSION; }

const char *gs_error(int error) { return error ? "unknown error" : "no error"; }

long long gs_scratch_bytes(const GsModel *model, const GsView *view, const GsBuffers *buffers) {
    Arena cull(nullptr), decode(nullptr), sort(nullptr);
    CullScratch(cull, *model);
    DecodeScratch(decode, *model);
    SortScratch(sort, *view, *buffers);
    const size_t most = cull.used > decode.used ? cull.used : decode.used;
    return (long long)(most > sort.used ? most : sort.used);
}

struct Stage {
    const char *name;
    int (*run)(const GsModel &, const GsView &, const GsBuffers &);
};
static const Stage STAGES[] = {
    {"cull", cull}, {"decode", decode}, {"project", project}, {"sort", sort}, {"blend", blend}};
enum { STAGE_COUNT = sizeof STAGES / sizeof *STAGES };

const char *gs_stage_name(int stage) { return stage >= 0 && stage < STAGE_COUNT ? STAGES[stage].name : nullptr; }

int gs_begin(const GsModel *, const GsView *, const GsBuffers *buffers, void *) {
    *buffers->counts = GsCounts{};
    return 0;
}

int gs_stage(int stage, const GsModel *model, const GsView *view, const GsBuffers *buffers, void *) {
    return STAGES[stage].run(*model, *view, *buffers);
}
