// A triangle of a meshlet on the screen, for the compute rasterisers: functions that are linear over the screen, of
// places in pixels from an origin near by, where floats are exact enough.
//
// A pixel is covered within GROWN of the triangle, edges included. So neighbours overlap rather than leave a gap,
// whichever way each of them is drawn, and rounding with it. Depth forgives being drawn twice; z stays within that of
// the corners.

#include "meshlet.glsl"
#include "crop.glsl"

layout(constant_id = 0) const bool CROPS = false;

const float GROWN = 1.0 / GRID;  // pixels

struct Triangle {
    vec3 a, b, c;        // a x + b y + c is from 0 on inside of each edge, grown outwards
    vec3 inverse_z;      // 1 / z: x, y, 1 times these
    vec2 range;          // of 1 / z among the corners
    float most;          // 1 / z from which on it is before the near plane
    ivec2 low, high;     // pixels it may cover, both ends included
};

// All of it is behind the near plane: plain geometry in the plane of the screen. w is 1 / z of the corners.
bool set_up_whole(vec2 p, vec2 q, vec2 r, vec3 w, ivec2 origin, inout Triangle t) {
    p -= origin, q -= origin, r -= origin;
    // Clamped before the conversion, which is undefined for what does not fit.
    vec2 low = ceil(min(p, min(q, r)) - (0.5 + GROWN)), high = floor(max(p, max(q, r)) - (0.5 - GROWN));
    vec2 window_low = t.low - origin, window_high = t.high - origin;
    t.low = ivec2(clamp(low, window_low, window_high + 1)) + origin;
    t.high = ivec2(clamp(high, window_low - 1, window_high)) + origin;
    vec2 pq = q - p, qr = r - q, pr = r - p;
    float area = pq.x * pr.y - pq.y * pr.x;
    if (area == 0 || any(greaterThan(t.low, t.high)))
        return false;
    vec2 rise = vec2(w.y - w.x, w.z - w.x);
    vec2 slope = vec2(rise.x * pr.y - rise.y * pq.y, rise.y * pq.x - rise.x * pr.x) / area;
    t.inverse_z = vec3(slope, w.x - dot(slope, p));
    t.a = vec3(-pq.y, -qr.y, pr.y), t.b = vec3(pq.x, qr.x, -pr.x);
    t.c = -vec3(t.a.x * p.x + t.b.x * p.y, t.a.y * q.x + t.b.y * q.y, t.a.z * r.x + t.b.z * r.y);
    if (area < 0)
        t.a = -t.a, t.b = -t.b, t.c = -t.c;
    t.range = vec2(min(w.x, min(w.y, w.z)), max(w.x, max(w.y, w.z)));
    t.most = MOST_FLOAT;
    return true;
}

// A part of it is before the near plane: homogeneous coordinates need no clipping (Olano & Greer 1997).
bool set_up_crossing(vec3 corners[3], ivec2 origin, inout Triangle t) {
    vec2 half_size = 0.5 * frame.size;
    for (uint i = 0; i < 3; i++)
        corners[i].xy = corners[i].xy * half_size + (half_size - origin) * corners[i].z;
    vec3 p = cross(corners[1], corners[2]), q = cross(corners[2], corners[0]), r = cross(corners[0], corners[1]);
    float volume = dot(corners[0], p);
    if (volume == 0)
        return false;
    t.inverse_z = (p + q + r) / volume;
    t.a = vec3(p.x, q.x, r.x), t.b = vec3(p.y, q.y, r.y), t.c = vec3(p.z, q.z, r.z);
    if (volume < 0)
        t.a = -t.a, t.b = -t.b, t.c = -t.c;
    t.most = 1 / frame.near;
    t.range = vec2(1 / max(corners[0].z, max(corners[1].z, corners[2].z)), t.most);
    return true;
}

// Of a meshlet that is projected, given by its corners there. False where it covers no pixel of the window (both ends
// included).
bool set_up(Meshlet m, uvec3 at, ivec2 origin, ivec2 window_low, ivec2 window_high, out Triangle t) {
    vec3 w = vec3(inverses[at.x], inverses[at.y], inverses[at.z]);
    bvec3 behind = greaterThan(w, vec3(0));
    t.low = window_low, t.high = window_high;
    if (!any(behind))
        return false;
    if (all(behind)) {
        if (!set_up_whole(places[at.x], places[at.y], places[at.z], w, origin, t))
            return false;
    } else if (!set_up_crossing(vec3[](corner_of(m, at.x), corner_of(m, at.y), corner_of(m, at.z)), origin, t)) {
        return false;
    }
    t.c += GROWN * (abs(t.a) + abs(t.b)); // at least that far, at most 1.4 times
    return true;
}

// Draws a pixel, given by its place and its 1 / z, that it covers.
void draw(Triangle t, float inverse, ivec2 at, uint texel) {
    float z = 1 / clamp(inverse, t.range.x, t.range.y);
    if (inverse <= t.most && (!CROPS || is_inside_crop(at + 0.5, z)))
        atomicMin(frame.texels.at[texel], floatBitsToUint(z));
}
