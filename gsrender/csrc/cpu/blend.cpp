// Sorted pairs -> the picture. A thread takes a tile at a time, and of its splats a batch. A row of pixels, or a part
// of one, is a vector that takes those of the batch that show in it, one after the other, without leaving the
// registers.
#include "cpu.h"
#include "lanes.h"

enum { BATCH = 32, PARTS = GS_TILE / LANES };
static_assert(BATCH % LANES == 0 && GS_TILE % LANES == 0, "whole vectors");

// A batch of splats. Their coverage is that of alpha_at in fewer steps: 2^e / 255 where 0 <= e <= peak, else none.
struct Batch {
    int count;
    alignas(64) float x[BATCH], y[BATCH];  // from the tile's corner
    float xx[BATCH], xy[BATCH], yy[BATCH]; // e = peak + xx dx^2 + xy dx dy + yy dy^2
    float peak[BATCH];                     // log2 of 255 times the opacity
    float slope[BATCH];                    // e is largest in a row at dx = slope dy
    float tilt[BATCH], level[BATCH];       // in the row at hand: xy dy, and peak + yy dy^2
    float colour[4][BATCH];                // red, green, blue, z
    int shown[BATCH];                      // which show in the row at hand
};

// Pixels beside each other.
struct Part {
    Lanes through;   // what all splats so far would let through. Below 1e-4 the pixel is finished, and stays so
    Lanes covered;   // by those that are drawn
    Lanes colour[4]; // red, green, blue, z
};

static void load(const GsBuffers &buffers, unsigned first, unsigned end, int left, int top, Batch &b) {
    const float log2_e = 1.44269504f;
    b.count = int(end - first < BATCH ? end - first : BATCH);
    for (int i = 0; i < b.count; i++) {
        // Of the next batch. They lie anywhere.
        if (first + BATCH + i < end) __builtin_prefetch(buffers.splats + splat_of(buffers.pairs[first + BATCH + i]));
        const GsSplat &s = buffers.splats[splat_of(buffers.pairs[first + i])];
        b.x[i] = s.x - left, b.y[i] = s.y - top, b.peak[i] = 255.0f * s.opacity;
        b.xx[i] = -0.5f * log2_e * s.conic[0], b.xy[i] = -log2_e * s.conic[1], b.yy[i] = -0.5f * log2_e * s.conic[2];
        for (int c = 0; c < 3; c++) b.colour[c][i] = s.colour[c];
        b.colour[3][i] = s.z;
    }
    for (int i = 0; i < b.count; i += LANES) {
        store_lanes(b.peak + i, log2_of(load_lanes(b.peak + i)));
        store_lanes(b.slope + i, -0.5f * load_lanes(b.xy + i) / load_lanes(b.xx + i));
    }
}

// Finds the splats of a batch that show somewhere in a row; returns how many.
static int show_in_row(Batch &b, int row, float first, float last) {
    alignas(64) int shows[BATCH];
    for (int i = 0; i < b.count; i += LANES) {
        const Lanes x = load_lanes(b.x + i), dy = load_lanes(b.y + i) - float(row), xx = load_lanes(b.xx + i);
        const Lanes tilt = load_lanes(b.xy + i) * dy, level = load_lanes(b.peak + i) + load_lanes(b.yy + i) * dy * dy;
        const Lanes dx = min_of(max_of(load_lanes(b.slope + i) * dy, x - last), x - first);
        const Ints seen = level + (tilt + xx * dx) * dx >= -1e-3f; // less than zero for rounding
        memcpy(shows + i, &seen, sizeof seen);
        store_lanes(b.tilt + i, tilt), store_lanes(b.level + i, level);
    }
    int count = 0;
    for (int i = 0; i < b.count; i++) b.shown[count] = i, count -= shows[i];
    return count;
}

// Blends those into a part of the row, as blend_one does. Which pixels are finished follows from the product of all
// that was let through, so that a splat waits for one multiplication of the splat before and not for a comparison.
template <int SUMS> static void add(const Batch &b, int count, Lanes columns, Part &part) {
    Part p = part;
    for (int n = 0; n < count; n++) {
        const int i = b.shown[n];
        const Lanes dx = b.x[i] - columns, exponent = b.level[i] + (b.tilt[i] + b.xx[i] * dx) * dx;
        // One comparison for both bounds: the bits of what is below zero are larger than those of all above.
        const Ints seen = (Words)exponent <= (Words)all_of(b.peak[i]);
        const Lanes alpha = seen ? min_of_positive(exp2_of(exponent, 1 / 255.0f), all_of(0.99f)) : Lanes{};
        const Lanes after = p.through - p.through * alpha;
        const Lanes weight = after >= 1e-4f ? p.through * alpha : Lanes{};
        p.through = after, p.covered += weight;
        for (int c = 0; c < SUMS; c++) p.colour[c] += weight * b.colour[c][i];
    }
    part = p;
}

// RGBA as four bytes of a word, the first of which is the lowest.
static Ints bytes_of(const Lanes (&rgb)[3]) {
    Ints word = Ints{} + int(0xff000000u);
    for (int c = 0; c < 3; c++) {
        const Lanes v = min_of(max_of(rgb[c], Lanes{}), all_of(1.0f)) * 255.0f + 0.5f;
        word |= __builtin_convertvector(v, Ints) << 8 * c;
    }
    return word;
}

static void write_part(const Part &part, const GsView &view, const GsBuffers &buffers, int left, int y) {
    const int width = view.width - left < LANES ? view.width - left : LANES;
    if (width <= 0) return;
    Lanes rgb[3];
    for (int c = 0; c < 3; c++) rgb[c] = part.colour[c] + (1.0f - part.covered) * view.background[c];
    const size_t pixel = size_t(y) * view.width + left;
    const Ints bytes = bytes_of(rgb);
    memcpy(view.rgba + 4 * pixel, &bytes, size_t(4) * width);
    const Lanes z = part.covered > 0.0f ? part.colour[3] / part.covered : all_of(INFINITY);
    for (int c = 0; c < 3 && buffers.rgb; c++)
        for (int lane = 0; lane < width; lane++) buffers.rgb[3 * (pixel + lane) + c] = rgb[c][lane];
    if (buffers.alpha) memcpy(buffers.alpha + pixel, &part.covered, size_t(4) * width);
    if (buffers.z) memcpy(buffers.z + pixel, &z, size_t(4) * width);
}

template <int SUMS> static void blend_tile(const GsView &view, const GsBuffers &buffers, int tile) {
    const int left = tile % tile_columns(view) * GS_TILE, top = tile / tile_columns(view) * GS_TILE;
    const int height = view.height - top < GS_TILE ? view.height - top : GS_TILE;
    Lanes columns;
    for (int lane = 0; lane < LANES; lane++) columns[lane] = float(lane);
    Part parts[GS_TILE][PARTS];
    bool live[GS_TILE][PARTS];
    for (int row = 0; row < height; row++)
        for (int p = 0; p < PARTS; p++) {
            const Ints inside = columns + float(left + p * LANES) < float(view.width);
            parts[row][p] = Part{inside ? all_of(1) : Lanes{}, {}, {}};
            live[row][p] = any_of(inside);
        }
    Batch b;
    bool finished = false;
    const unsigned end = buffers.pair_from_tile[tile + 1];
    for (unsigned first = buffers.pair_from_tile[tile]; first < end && !finished; first += BATCH) {
        load(buffers, first, end, left, top, b);
        finished = true;
        for (int row = 0; row < height; row++)
            for (int p = 0; p < PARTS; p++) {
                if (!live[row][p]) continue;
                const int count = show_in_row(b, row, float(p * LANES), float(p * LANES + LANES - 1));
                add<SUMS>(b, count, columns + float(p * LANES), parts[row][p]);
                live[row][p] = any_of(parts[row][p].through >= 1e-4f);
                finished = finished && !live[row][p];
            }
    }
    for (int row = 0; row < height; row++)
        for (int p = 0; p < PARTS; p++) write_part(parts[row][p], view, buffers, left + p * LANES, top + row);
}

int blend(const GsModel &, const GsView &view, const GsBuffers &buffers) {
    const int tiles = tile_columns(view) * tile_rows(view);
#pragma omp parallel for schedule(dynamic)
    for (int tile = 0; tile < tiles; tile++)
        buffers.z ? blend_tile<4>(view, buffers, tile) : blend_tile<3>(view, buffers, tile);
    return 0;
}
