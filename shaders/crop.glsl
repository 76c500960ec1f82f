// A box that the mesh is cut off at: what lies outside of it is drawn by no rasteriser, and hides nothing.
//
// A surface that was simplified counts only where the full one is surely inside too: farther from the faces than it may
// be off. Each rasteriser asks the same of a pixel and its view z.

bool is_inside_crop(vec2 place, float z) {
    vec3 at = z * (frame.crop_rays * vec3(place, 1)), error = vec3((frame.scale - 1) * z);
    return all(greaterThanEqual(at, frame.crop_low + error)) && all(lessThanEqual(at, frame.crop_high - error));
}
