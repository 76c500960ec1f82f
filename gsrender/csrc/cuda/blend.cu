// Sorted pairs -> the picture: a block a tile, a thread a pixel, splats read together into shared memory.
#include "cuda.h"

enum { PIXELS = GS_TILE * GS_TILE };

static __global__ void __launch_bounds__(PIXELS) blend_tiles(GsView view, GsBuffers buffers) {
    __shared__ GsSplat batch[PIXELS];
    const int tile = blockIdx.y * gridDim.x + blockIdx.x;
    const int x = blockIdx.x * GS_TILE + threadIdx.x % GS_TILE, y = blockIdx.y * GS_TILE + threadIdx.x / GS_TILE;
    const bool inside = x < view.width && y < view.height;
    Pixel pixel = {1.0f, inside ? 1.0f : 0.0f};
    float red = 0, green = 0, blue = 0, z = 0;
    const unsigned end = buffers.pair_from_tile[tile + 1];
    for (unsigned base = buffers.pair_from_tile[tile]; base < end; base += PIXELS) {
        // Also the barrier behind the last batch: nobody overwrites what another thread still reads.
        if (__syncthreads_and(pixel.live == 0.0f)) break;
        if (base + threadIdx.x < end) batch[threadIdx.x] = buffers.splats[buffers.splat_from_pair[base + threadIdx.x]];
        __syncthreads();
        const int count = int(end - base < PIXELS ? end - base : PIXELS);
        for (int i = 0; i < count && pixel.live != 0.0f; i++) {
            const GsSplat &s = batch[i];
            const float weight =
                blend_one(s.conic[0], s.conic[1], s.conic[2], s.opacity, s.x - x, s.y - y, pixel, pixel);
            red += weight * s.colour[0], green += weight * s.colour[1], blue += weight * s.colour[2];
            z += weight * s.z;
        }
    }
    if (!inside) return;
    const size_t at = size_t(y) * view.width + x;
    const float through = pixel.transmittance, covered = 1.0f - through;
    const float rgb[3] = {red + through * view.background[0], green + through * view.background[1],
                          blue + through * view.background[2]};
    reinterpret_cast<uchar4 *>(buffers.rgba)[at] = make_uchar4(byte_of(rgb[0]), byte_of(rgb[1]), byte_of(rgb[2]), 255);
    if (buffers.rgb)
        for (int c = 0; c < 3; c++) buffers.rgb[3 * at + c] = rgb[c];
    if (buffers.alpha) buffers.alpha[at] = covered;
    if (buffers.z) buffers.z[at] = covered > 0 ? z / covered : INFINITY;
}

int gs_blend(const GsModel *, const GsView *view, const GsBuffers *buffers, void *stream) {
    const dim3 tiles(tile_columns(*view), tile_rows(*view));
    blend_tiles<<<tiles, PIXELS, 0, stream_of(stream)>>>(*view, *buffers);
    return int(cudaGetLastError());
}
