// What the host writes and the shaders read. Each struct has one place in Python that fills it, named beside it.
// Buffers come by their addresses and not as bindings, since a binding ends at 128 MB on lavapipe.

// A piece of the mesh, up to 128 triangles that follow each other: vk_interop/cluster_buffers.py. 48 bytes.
// Its lengths and those of groups are in units of the mesh; the directions of a frame make scene units of them.
struct Cluster {
    vec3 low;            // corners of an axis-aligned box around them
    uint first_triangle;
    vec3 high;
    uint triangles;
    int group;           // that it is simplified away with
    int refined;         // group that was simplified into it, -1 for none
    uint level;
    float longest_edge;
};

// Clusters that are simplified together: vk_interop/cluster_buffers.py, 32 bytes.
struct Group {
    vec3 centre;         // of a sphere around all that it replaces
    float radius;
    float error;         // of what replaces it; +inf where nothing does
    float least_error;   // of what its clusters replace
    uint first_cluster;
    uint clusters;
};

// A cluster for the compute rasterisers: vk_interop/meshlets.py, MESHLET. 12 bytes.
struct Meshlet {
    uint first_word;     // its vertices, then its triangles
    uint base;           // added to each of its vertices
    uint counts;         // a byte each: triangles, vertices, bits of a vertex, bits of a triangle's corner
};

// Vertices that follow each other, for the same: vk_interop/packed_vertices.py, VERTEX_RUN. 20 bytes.
struct VertexRun {
    uint least_x, least_y, least_z;  // bits of floats, in their order
    uint first_word;     // of what x is above that; then y, then z
    uint bits;           // a byte each: of x, y, z
};
const uint VERTEX_RUN = 64;  // vertices

layout(buffer_reference, std430, buffer_reference_align = 16) readonly buffer Clusters { Cluster at[]; };
layout(buffer_reference, std430, buffer_reference_align = 16) readonly buffer Groups { Group at[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) readonly buffer Meshlets { Meshlet at[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) readonly buffer Vertices { float at[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) readonly buffer VertexRuns { VertexRun at[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) readonly buffer Indices { uint at[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Words { uint at[]; };

// One frame of the proxy depth: vk_interop/depth_target.py, FRAME. Layout std140, 368 bytes.
struct ProxyFrame {
    vec3 position;       // of the camera, where the mesh's vertices are
    float near;          // view z, scene units
    vec3 clip_x;         // clip-space x of an offset from the camera is dot(clip_x, offset)
    float far;           // view z beyond which nothing is kept; +inf keeps all
    vec3 clip_y;
    float focal;         // pixels that one of the mesh's units spans at view z 1
    vec3 forward;        // view z of an offset, which is clip-space w as well
    float lod_error;     // pixels that a surface may be off; below 0, all is drawn as it is in the file
    uvec2 size;          // of the picture, pixels
    uint groups;
    uint flags;          // OCCLUSION, FROZEN
    float small_size;    // pixels; a cluster with no longer triangle goes to the compute rasteriser of small ones
    float scale;         // of the depth that culling reads
    float nearby;        // view z up to which a cluster that nothing is known of is drawn at once
    uint stamp;          // of this frame
    vec3 crop_low;       // of the box that the surface is cut off at: along its axes, from the camera; see crop.glsl
    float unit;          // scene units to one of the mesh
    vec3 crop_high;
    uint last;           // stamp of the last frame that chose clusters
    mat3 crop_axes;      // of the box, where the mesh's vertices are, a column each; in scene units
    mat3 crop_rays;      // times column, row and 1 of a place in the picture: where view z 1 is, along those axes
    Vertices vertices;   // 3 floats each, unless only the compute rasterisers draw and read them packed
    Indices indices;     // 3 a triangle, where the vertex pipeline draws
    VertexRuns vertex_run; // the vertices packed, of a large mesh
    Indices vertex_words;  // that these lead to
    Meshlets meshlet;    // a cluster each, where the compute rasterisers draw
    Indices packed;      // words that these lead to
    Clusters cluster;
    Groups group;
    Words seen;          // a state for each cluster, kept from frame to frame: select.glsl
    Words pending;       // clusters that the second pass tests
    Words small_list;    // clusters for the compute rasteriser of small triangles
    Words medium_list;   // the same, for several workgroups each
    Words large_list;    // all others
    Words draws;         // a VkDrawIndexedIndirectCommand for each of the large ones
    Words counters;      // below
    Words texels;        // what the compute rasterisers drew: bits of view z, row by row
    Words pyramid;       // of what the first pass drew
    Words report;        // where the host finds the counters of a finished frame
};

const uint OCCLUSION = 1, FROZEN = 2;

// Counters, by their word. Those of the two passes come first, PASS words each.
const uint PASS = 16;
const uint SMALL_GROUPS = 0;  // VkDispatchIndirectCommand
const uint SMALL = 3;         // clusters
const uint LARGE_GROUPS = 4;  // VkDispatchIndirectCommand
const uint LARGE = 7;         // clusters, which is the number of draws too
const uint MEDIUM_GROUPS = 8; // VkDispatchIndirectCommand
const uint MEDIUM = 11;       // clusters
const uint PENDING_GROUPS = 32;  // VkDispatchIndirectCommand
const uint PENDING = 35;         // clusters
const uint TESTED = 36, CULLED_FRUSTUM = 37, CULLED_OCCLUSION = 38; // clusters
const uint TRIANGLES = 40;
const uint VISIBLE_CLUSTERS = 41, VISIBLE_DEPTH = 42; // VISIBLE_DEPTH: sum of 16 (log2 z + 8)
const uint LEVELS = 48;
const uint COUNTERS = 80;        // behind them, as many words with what they start from
const uint MOST_GROUPS = 65535;  // workgroups along x, more are in y

// The bits of positive floats order as unsigned integers do, +inf included, so depth is compared and stored as bits.
const uint MISS = 0x7F800000; // +inf
const float MOST_FLOAT = 3.4e38;

// One reduction of the max pyramid: vk_interop/depth_passes.py, _reduce. 24 bytes.
struct Reduction {
    Words levels;   // level 0, then each next one, row by row
    uint offset;    // of the source level, texels
    uint width;     // of the source level
    uint height;
    uint count;     // levels to write
};
