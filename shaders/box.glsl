// A cluster's axis-aligned box, seen by the camera.

// The most of dot(direction, offset) over the box.
float furthest(vec3 direction, Cluster c) {
    return dot(direction, mix(c.low, c.high, greaterThan(direction, vec3(0))) - frame.position);
}

struct Rectangle {
    vec2 low, high;  // clip space over w
    float nearest;   // view z
};

// False where the box reaches the near plane; then there is no rectangle.
bool project(Cluster c, out Rectangle r) {
    r.nearest = -furthest(-frame.forward, c);
    r.low = vec2(1e30), r.high = vec2(-1e30);
    if (r.nearest <= frame.near)
        return false;
    for (uint i = 0; i < 8; i++) {
        vec3 corner = mix(c.low, c.high, notEqual(uvec3(i) & uvec3(1, 2, 4), uvec3(0))) - frame.position;
        vec2 at = vec2(dot(frame.clip_x, corner), dot(frame.clip_y, corner)) / dot(frame.forward, corner);
        r.low = min(r.low, at), r.high = max(r.high, at);
    }
    return true;
}
