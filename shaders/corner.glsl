// A vertex of the mesh before the camera, for every rasteriser alike.

const float GRID = 256.0; // steps a pixel

// Clip space: x, y and w, which is view z. On the screen it lies on the rasterisers' grid of 1/256 pixel, where
// hardware would put it anyway: so each of them covers the same pixels, and interpolates z between the same points.
// (lavapipe does not, by itself: slivers then get a depth that none of their corners has.)
vec3 corner(vec3 vertex) {
    // From the camera first: far from the origin, rotating world coordinates would lose the small difference.
    vec3 offset = vertex - frame.position;
    vec3 clip = vec3(dot(frame.clip_x, offset), dot(frame.clip_y, offset), dot(frame.forward, offset));
    if (clip.z > frame.near) {
        vec2 half_size = 0.5 * frame.size, pixel = clip.xy / clip.z * half_size;
        clip.xy = round(pixel * GRID) / GRID / half_size * clip.z;
    }
    return clip;
}

// By its place among the mesh's vertices.
vec3 corner(uint vertex) {
    uint first = 3 * vertex;
    return corner(vec3(frame.vertices.at[first], frame.vertices.at[first + 1], frame.vertices.at[first + 2]));
}
