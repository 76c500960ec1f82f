// Pairs of each tile -> the picture. A block takes a tile, or a patch of a busy one, and blends the nearest pairs a
// batch at a time until its pixels are finished.
//
// A warp's pixels are a patch, and it passes over splats that do not show there. The warps of a block have a patch
// each; those of a busy tile share one, each blends the next 32 splats as if nothing were before them, and then they
// tell each other what those let through. Where there are thousands more, blocks share them by depth in the same way.
// Without that, a few tiles kept the stage waiting: 2.3 ms of 2.5 on `block` tiled 8 x 8, culled, where one tile holds
// 33,000.
#include "nearest.h"

enum { PIXELS = 2, ROWS = 4, PATCH = 8, PATCH_PIXELS = PATCH * PATCH }; // a lane's pixels are ROWS apart
// Splats staged at a time, and those that a tile takes at first, which most are done with. What is not, and a busy
// tile, takes more at a time: all of the pairs are looked through each time.
enum { STAGE = 256, BLOCKS = 8 };
static_assert(PATCH * ROWS == int(WARP) && ROWS * PIXELS == int(PATCH) && GS_TILE == 2 * PATCH, "four patches a tile");

// What blending reads of a splat. Coverage is that of alpha_at in fewer steps: 2^(peak - across dx^2 - along s^2),
// where s = dy + slope dx. Neither `across` nor `along` is below zero, so it is never above the peak.
struct __align__(16) Staged {
    float x, y, across, slope;
    float along, peak; // log2 of the opacity
    float red, green, blue, z;
    float xx, xy_by_xx; // of the conic, as in Outline
};

struct Shared {
    Batch batch;
    union {
        Bins bins;                                    // while a batch is taken
        Staged staged[STAGE];                         // while it is blended
        float4 colour[BLEND_WARPS - 1][PATCH_PIXELS]; // of segments, at the end
    };
    float through[2][BLEND_WARPS][PATCH_PIXELS]; // what segments let through; below zero: and the pixel is finished
};

static __device__ float exp2_about(float v) {
    float power;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(v));
    return power;
}

static __device__ Staged staged_of(const GsSplat &s) {
    const float half_log2_e = 0.72134752f, xx = s.conic[0], xy = s.conic[1], yy = s.conic[2];
    // The determinant, whose terms nearly cancel where a splat is a needle: what rounding took of one is given back.
    const float square = xy * xy, determinant = fmaf(xx, yy, -square) + fmaf(-xy, xy, square);
    const Outline o = outline_of(s);
    // A needle of thousands of pixels may come out with a conic below zero: nowhere is it below its peak, and not
    // drawn.
    const bool shows = xx > 0 && yy > 0;
    return {s.x,
            s.y,
            half_log2_e * maxf(determinant, 0.0f) / yy,
            o.xy_by_yy,
            half_log2_e * yy,
            shows ? __log2f(s.opacity) : -INFINITY,
            s.colour[0],
            s.colour[1],
            s.colour[2],
            s.z,
            half_log2_e * xx,
            o.xy_by_xx};
}

// The outline in the units of the exponent: 1/255 is 2^-7.994, and 1e-3 more is for rounding.
static __device__ Outline outline_of(const Staged &s) {
    return {s.x, s.y, s.xx, s.slope * s.along, s.along, s.peak + 7.9953534f, s.xy_by_xx, s.slope};
}

// A pixel on its way.
struct Blended {
    float through;             // what all splats before let through
    float faintest;            // fainter splats are not drawn: 1/255, and infinity once the pixel is finished
    float red, green, blue, z; // from this thread's segments
};

// What a segment adds, as if nothing were before it.
struct Segment {
    float through, red, green, blue, z;
};

static __device__ bool is_finished(const Blended (&pixels)[PIXELS]) {
    bool all = true;
    for (int i = 0; i < PIXELS; i++) all = all && pixels[i].faintest == INFINITY;
    return all;
}

// As blend_one. Too faint or the pixel is finished: nothing. Without branches, which took as many steps again.
template <bool DEPTH, typename Sum>
static __device__ void add(Sum &to, float &faintest, float least, float exponent, const Staged &s) {
    const float alpha = minf(0.99f, exp2_about(exponent)), covers = alpha * to.through, next = to.through - covers;
    const bool shows = alpha >= faintest, ends = next < least;
    const float weight = shows && !ends ? covers : 0.0f;
    to.through = shows && !ends ? next : to.through;
    faintest = shows && ends ? INFINITY : faintest;
    to.red += weight * s.red, to.green += weight * s.green, to.blue += weight * s.blue;
    if (DEPTH) to.z += weight * s.z;
}

// Where a thread's pixels are.
struct Place {
    int left, top; // of its warp's patch
    int x, y;      // of its first pixel; the other is ROWS lower

    __device__ Place(int tile, int columns, int patch)
        : left(tile % columns * GS_TILE + patch % 2 * PATCH), top(tile / columns * GS_TILE + patch / 2 * PATCH),
          x(left + lane() % PATCH), y(top + lane() / PATCH) {}
};

// Puts the segments of the block's warps behind each other. `turn` alternates, so that what is still being read is not
// overwritten.
static __device__ void join(Shared &shared, int turn, const Segment (&own)[PIXELS], Blended (&b)[PIXELS]) {
    for (int i = 0; i < PIXELS; i++)
        shared.through[turn][warp()][i * WARP + lane()] = b[i].faintest == INFINITY ? -own[i].through : own[i].through;
    __syncthreads();
    for (int i = 0; i < PIXELS; i++) {
        float before = b[i].through, own_before = 0;
        bool finished = false;
        for (int segment = 0; segment < BLEND_WARPS; segment++) {
            if (segment == warp() && !finished) own_before = before;
            const float through = shared.through[turn][segment][i * WARP + lane()];
            if (!finished) before *= fabsf(through);
            finished = finished || through < 0 || before < 1e-4f;
        }
        b[i].through = before;
        if (finished) b[i].faintest = INFINITY;
        b[i].red += own_before * own[i].red, b[i].green += own_before * own[i].green;
        b[i].blue += own_before * own[i].blue, b[i].z += own_before * own[i].z;
    }
}

// Blends the splats shared.staged[first..end), at most 32. `least`: what they must let through, lest a pixel be
// finished.
template <bool DEPTH, typename Sum> static __device__ void blend_group(const Shared &shared, int first, int end,
                                                                       const Place &at, const float (&least)[PIXELS],
                                                                       Blended (&b)[PIXELS], Sum (&to)[PIXELS]) {
    const bool shows = first + lane() < end && shows_in(outline_of(shared.staged[first + lane()]), at.left, at.top,
                                                        at.left + (PATCH - 1), at.top + (PATCH - 1));
    for (unsigned mask = __ballot_sync(~0u, shows); mask; mask &= mask - 1) {
        const Staged &s = shared.staged[first + __ffs(mask) - 1];
        const float dx = s.x - at.x, level = s.peak - s.across * dx * dx, sheared = s.y - at.y + s.slope * dx;
#pragma unroll
        for (int i = 0; i < PIXELS; i++) {
            const float down = sheared - i * ROWS;
            add<DEPTH>(to[i], b[i].faintest, least[i], level - s.along * down * down, s);
        }
    }
}

// Blends `count` of the batch's splats from `start` on.
template <bool DEPTH, bool SHARED_PATCH> static __device__ void
blend_stage(Shared &shared, const GsBuffers &buffers, int start, int count, const Place &at, Blended (&b)[PIXELS]) {
    for (int i = threadIdx.x; i < count; i += BLEND_THREADS)
        shared.staged[i] = staged_of(load_splat(buffers.splats + shared.batch.splat[start + i]));
    __syncthreads();
    if (SHARED_PATCH) {
        for (int round = 0, turn = 0; round < count; round += WARP * BLEND_WARPS, turn ^= 1) {
            if (__all_sync(~0u, is_finished(b))) break; // in all warps
            Segment own[PIXELS];
            float least[PIXELS];
            for (int i = 0; i < PIXELS; i++) own[i] = {1.0f, 0, 0, 0, 0}, least[i] = __fdividef(1e-4f, b[i].through);
            blend_group<DEPTH>(shared, round + warp() * WARP, count, at, least, b, own);
            join(shared, turn, own, b);
        }
    } else {
        const float least[PIXELS] = {1e-4f, 1e-4f};
        for (int first = 0; first < count && !__all_sync(~0u, is_finished(b)); first += WARP)
            blend_group<DEPTH>(shared, first, count, at, least, b, b);
    }
}

template <bool DEPTH>
static __device__ void write_pixel(const GsView &view, const GsBuffers &buffers, int x, int y, const Blended &b) {
    const size_t at = size_t(y) * view.width + x;
    const float through = b.through, covered = 1.0f - through;
    const float rgb[3] = {b.red + through * view.background[0], b.green + through * view.background[1],
                          b.blue + through * view.background[2]};
    reinterpret_cast<uchar4 *>(view.rgba)[at] = make_uchar4(byte_of(rgb[0]), byte_of(rgb[1]), byte_of(rgb[2]), 255);
    if (buffers.rgb)
        for (int c = 0; c < 3; c++) buffers.rgb[3 * at + c] = rgb[c];
    if (buffers.alpha) buffers.alpha[at] = covered;
    if (DEPTH) buffers.z[at] = covered > 0 ? b.z / covered : INFINITY;
}

// Puts a patch's parts, of which the first is `parts`, behind each other.
template <bool DEPTH> static __device__ void join_parts(const Part *parts, int count, Blended (&b)[PIXELS]) {
    for (int i = 0; i < PIXELS; i++) {
        const int pixel = i * WARP + lane();
        b[i] = {1.0f, 0, 0, 0, 0, 0};
        for (int part = 0; part < count && b[i].through >= 1e-4f; part++) {
            const float4 colour = __ldcg(parts[part].colour + pixel);
            b[i].red += b[i].through * colour.x, b[i].green += b[i].through * colour.y;
            b[i].blue += b[i].through * colour.z;
            if (DEPTH) b[i].z += b[i].through * __ldcg(parts[part].z + pixel);
            b[i].through *= fabsf(colour.w);
            if (colour.w < 0) break;
        }
    }
}

// Keeps what the block's segment adds. True in the last block of the patch: then `b` is what all of them add.
template <bool DEPTH>
static __device__ bool is_last_part(const Scratch &scratch, int index, const Work &work, Blended (&b)[PIXELS]) {
    Part &own = scratch.parts[index];
    for (int i = 0; i < PIXELS; i++) {
        const float through = b[i].faintest == INFINITY ? -b[i].through : b[i].through;
        own.colour[i * WARP + lane()] = {b[i].red, b[i].green, b[i].blue, through};
        if (DEPTH) own.z[i * WARP + lane()] = b[i].z;
    }
    __threadfence();
    __syncwarp();
    const int first = index - work.segment;
    unsigned done = 0;
    if (lane() == 0) done = atomicAdd(scratch.parts_done + first, 1) + 1;
    if (__shfl_sync(~0u, done, 0) < unsigned(work.segments)) return false;
    __threadfence();
    join_parts<DEPTH>(scratch.parts + first, work.segments, b);
    return true;
}

// Draws a tile, or with SHARED_PATCH a patch of it or a segment of that.
template <bool DEPTH, bool SHARED_PATCH>
static __device__ void draw(Shared &shared, const GsBuffers &buffers, const Scratch &scratch, int index) {
    const GsView &view = *buffers.view;
    const Work work = scratch.work[index];
    const int tile = work.tile, patch = SHARED_PATCH ? work.patch : warp();
    const Place at(tile, tile_columns(view), patch);
    Blended b[PIXELS];
    for (int i = 0; i < PIXELS; i++) { // what sticks out of the picture is finished from the start
        const bool inside = at.x < view.width && at.y + i * ROWS < view.height;
        b[i] = {1.0f, inside ? 1.0f / 255.0f : INFINITY, 0, 0, 0, 0};
    }
    const int total = work.count;
    const Pair *pairs = (work.segments > 1 ? scratch.cut_pairs : buffers.pairs) + work.first;
    Pair low, last;
    const bool few = total <= BLEND_THREADS;
    if (!few) ends_of(shared.batch, pairs, total, low, last);
    bool finished = false;
    for (int done = 0; done < total && !finished;) {
        const int most = SHARED_PATCH || done ? int(MOST_BATCH) : int(STAGE);
        const int count = few ? take_few(shared.batch, shared.bins, pairs, total)
                              : take_batch(shared.batch, shared.bins, pairs, total, most, low, last);
        for (int start = 0; start < count && !finished; start += STAGE) {
            const int here = count - start < STAGE ? count - start : int(STAGE);
            blend_stage<DEPTH, SHARED_PATCH>(shared, buffers, start, here, at, b);
            finished = __syncthreads_and(is_finished(b)); // also: nobody reads any more what comes to lie there next
        }
        done += count;
    }
    if (SHARED_PATCH) {
        for (int i = 0; warp() > 0 && i < PIXELS; i++)
            shared.colour[warp() - 1][i * WARP + lane()] = {b[i].red, b[i].green, b[i].blue, b[i].z};
        __syncthreads();
        if (warp() > 0) return;
        for (int i = 0; i < PIXELS; i++)
            for (int other = 0; other < BLEND_WARPS - 1; other++) {
                const float4 colour = shared.colour[other][i * WARP + lane()];
                b[i].red += colour.x, b[i].green += colour.y, b[i].blue += colour.z, b[i].z += colour.w;
            }
    }
    if (SHARED_PATCH && work.segments > 1 && !is_last_part<DEPTH>(scratch, index, work, b)) return;
    for (int i = 0; i < PIXELS; i++)
        if (at.x < view.width && at.y + i * ROWS < view.height)
            write_pixel<DEPTH>(view, buffers, at.x, at.y + i * ROWS, b[i]);
}

template <bool DEPTH> // whether the expected depth is wanted
static __global__ void __launch_bounds__(BLEND_THREADS, BLOCKS)
    blend_tiles(const GsBuffers buffers, const Scratch scratch) {
    __shared__ Shared shared;
    stamp(buffers, GS_BLEND);
    const int works = *scratch.works, blocks = gridDim.x, block = blockIdx.x;
    // To and fro over the works, the longest first: where there are more than blocks, those with short ones take them.
    for (int round = 0, index = block; index < works;) {
        if (scratch.work[index].patch < 0)
            draw<DEPTH, false>(shared, buffers, scratch, index);
        else
            draw<DEPTH, true>(shared, buffers, scratch, index);
        __syncthreads();
        round++, index = round * blocks + (round % 2 ? blocks - 1 - block : block);
    }
}

// Stamps the end and tells the host what was counted. A copy by the driver took 4 us longer.
static __global__ void end_frame(const GsBuffers buffers) {
    stamp(buffers, GS_END);
    __syncwarp();
    const int word = threadIdx.x;
    long long *const report = reinterpret_cast<long long *>(buffers.view->report);
    if (report && word < int(sizeof(GsCounts) / sizeof *report))
        report[word] = reinterpret_cast<const long long *>(buffers.counts)[word];
}

int blend(const GsModel &model, const GsView &view, const GsBuffers &buffers, cudaStream_t stream) {
    Arena arena(buffers.scratch);
    const Scratch scratch(arena, model, view, buffers);
    const auto kernel = buffers.z ? blend_tiles<true> : blend_tiles<false>;
    // Nearly always a block for each work; in rounds alone, 2 million splats took 10 % longer.
    const unsigned tiles = unsigned(tile_columns(view) * tile_rows(view)), more = resident_blocks(2 * BUSY);
    kernel<<<tiles + (tiles < more ? tiles : more), BLEND_THREADS, 0, stream>>>(buffers, scratch);
    end_frame<<<1, WARP, 0, stream>>>(buffers);
    return int(cudaGetLastError());
}
