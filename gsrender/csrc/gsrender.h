/* The C interface of both native libraries, libgsrender_cpu.so and libgsrender_cuda.so.

   Python reads this file with cffi as it stands, so it holds declarations only. A frame is gs_begin, then the library's
   stages in their order. Each takes the same three structs, works on the device its library is for, allocates nothing
   and, on CUDA, only puts work on the stream, so that the stages can be captured as a graph. All memory belongs to the
   caller. Pointers in the structs are to that device's memory, counts included. */

enum { GS_VERSION = 10 };               /* checked when the library is loaded */
enum { GS_TILE = 16 };                  /* edge of a tile, pixels */
enum { GS_CHUNK = 256 };                /* items of a GsChunk */
enum { GS_MAX_WIDTH = 256 };            /* of a decoder: inputs, hidden units, outputs */
enum { GS_TENSOR_UNITS = 32 };          /* a decoder for tensor cores: its features, and its hidden units */
enum { GS_TENSOR_OFFSETS = 32 };        /* Gaussians of an anchor with such decoders, at most */
enum { GS_ANCHORS = 0, GS_SPLATS = 1 }; /* GsModel.kind */
enum { GS_OFF = 0, GS_CENTRE = 1, GS_FOOTPRINT = 2 };                 /* GsView.culling */
enum { GS_ROUND = 0, GS_FLOOR = 1, GS_CEIL = 2, GS_PROGRESSIVE = 3 }; /* GsModel.level_map */
/* GsCounts.nanoseconds: when a stage began, and when the last was over. */
enum { GS_CULL = 0, GS_DECODE = 1, GS_SORT = 2, GS_BLEND = 3, GS_END = 4, GS_MOMENTS = 5 };

/* Two dense layers with a ReLU between. Inputs: features, view direction (3), distance, level, appearance. */
typedef struct GsMlp {
    const float *weight1; /* [inputs, hidden] */
    const float *bias1;   /* [hidden] */
    const float *weight2; /* [hidden, outputs] */
    const float *bias2;   /* [outputs] */
    int features;         /* leading inputs: the anchor's feature; 0 for the feature bank */
    int distance;         /* 1: one input is the distance to the camera */
    int level;            /* 1: one input is the anchor's level */
    int appearance;       /* trailing inputs: GsModel.appearance */
    int inputs, hidden, outputs;
    const float *fragments; /* CUDA: the same weights for its tensor cores, see fragments.py; null: not for them */
} GsMlp;

/* Bounds of GS_CHUNK items that follow each other. Cull drops whole chunks by them. */
typedef struct GsChunk {
    float low[3], high[3]; /* box of the positions */
    float sigma;           /* largest of the items' own ellipsoids */
    float reach[2];        /* largest GsModel.reach; splats: 0 and sigma */
    float level[2];        /* smallest and largest */
    float extra_level[2];
} GsChunk;

typedef struct GsModel {
    int kind;
    int count;             /* N items */
    const GsChunk *chunks; /* [ceil(N / GS_CHUNK)] */
    const float *position; /* [N, 3] */
    const float *scale;    /* anchors [N, 6], splats [N, 3]; activated */
    const float *rotation; /* [N, 4] unit quaternions w, x, y, z */

    const float *opacity; /* splats: [N] */
    const void *sh;       /* splats: [N, (sh_degree + 1)^2, 3] of float32, or of float16 where sh_half */
    int sh_degree, sh_half;

    int offsets;              /* anchors: K Gaussians each */
    int features;             /* anchors: C */
    const float *offset;      /* [N, K, 3] */
    const float *feature;     /* [N, C] */
    const float *level;       /* [N] */
    const float *extra_level; /* [N] */
    const float *reach;       /* [N, 2] farthest Gaussian centre from the anchor, largest Gaussian sigma */
    float voxel_size, standard_distance, fork;
    int levels; /* 0: the model has no levels */
    int level_map;
    GsMlp opacity_mlp, covariance_mlp, colour_mlp;
    GsMlp bank_mlp;          /* outputs 0: no feature bank */
    const float *weights;    /* what those four point to, in that order without gaps, on 16 bytes */
    const float *appearance; /* the chosen row of the embedding */
} GsModel;

/* What the stages counted. Numbers are what the frame needed: larger than a capacity means that it did not fit. */
typedef struct GsCounts {
    long long inside; /* the crop box; means nothing where there is none */
    long long lod, visible, gaussians, drawn, pairs;
    long long nanoseconds[GS_MOMENTS]; /* CUDA: what the GPU's clock was; else 0 */
} GsCounts;

/* A box outside of which no item is there. */
typedef struct GsCrop {
    int on;                /* 0: there is none */
    float axes[9];         /* of the box, in the world: three rows */
    float low[3], high[3]; /* along them; an item whose centre is on a face is inside */
} GsCrop;

/* Camera, depth and settings of one frame, and where its results go. */
typedef struct GsView {
    float camera_from_world[12]; /* 3 rows of 4 */
    float position[3];           /* of the camera, in the world */
    float fx, fy, cx, cy, near;
    int width, height;
    int whole_width, whole_height; /* of the picture that this is a part of, or all of */
    float background[3];
    int culling;
    float margin;
    float level_bias; /* added to the level that an anchor's distance asks for */
    int level_limit;  /* no anchor of a finer level is on */
    GsCrop crop;
    const float *depth;  /* linear view z [height, width], then its max pyramid (depth.py); null: no proxy */
    unsigned char *rgba; /* where the picture goes, [height, width, 4], opaque */
    GsCounts *report;    /* CUDA: where the counts go at the end, in memory of the host; null: nowhere */
} GsView;

/* A decoded Gaussian, in the world. */
typedef struct GsGaussian {
    float position[3], opacity, scale[3], rotation[4], colour[3];
} GsGaussian;

/* A projected one, in the picture. */
typedef struct GsSplat {
    float x, y;     /* centre, pixel centres at whole numbers */
    float conic[3]; /* inverse covariance: xx, xy, yy */
    float opacity;
    float colour[3];
    float z;        /* view z */
    short tiles[4]; /* first column, first row, behind the last column, behind the last row */
} GsSplat;

typedef struct GsBuffers {
    const GsView *view; /* CUDA: a copy of the view in device memory, which the kernels read */
    GsCounts *counts;
    int *item_from_visible;    /* [N] ascending */
    GsGaussian *gaussians;     /* [gaussian_capacity]; CUDA: null where nobody wants to see them */
    GsSplat *splats;           /* [gaussian_capacity] */
    unsigned *pair_from_tile;  /* [tiles + 1] */
    unsigned long long *pairs; /* [pair_capacity] by tile; view z's bits << 32 | splat. Within a tile the CPU sorts
                                  them, CUDA leaves that to blend, which needs the nearest few only */
    void *scratch;             /* [gs_scratch_bytes] */
    long long gaussian_capacity, pair_capacity;
    float *rgb;   /* [height, width, 3] unclamped; null: not wanted */
    float *alpha; /* [height, width]; null: not wanted */
    float *z;     /* [height, width] expected depth; null: not wanted */
} GsBuffers;

/* What blending did at each pixel of a frame. */
typedef struct GsInspection {
    int *blended;  /* [height, width] splats that the pixel took until it was finished */
    int *front;    /* [height, width] nearest splat within 1 sigma of whose centre the pixel lies, -1 where none */
    float opacity; /* of a splat in `front`, at least */
} GsInspection;

int gs_version(void);
const char *gs_error(int error);

/* Scratch for these capacities and this size, bytes. */
long long gs_scratch_bytes(const GsModel *model, const GsView *view, const GsBuffers *buffers);

/* The name of a stage, counted from 0; null behind the last. Names are those of the frame (frame.py); stages that are
   done at once share one, such as "decode+project".
       cull      all items -> the visible ones: crop box, level of detail, frustum, proxy depth
       decode    visible items -> Gaussians with a position, shape and colour
       project   Gaussians -> splats: ellipses in the picture
       sort      splats -> for each tile, the splats that show in it
       blend     those, from near to far -> the picture */
const char *gs_stage_name(int stage);
/* Begins a frame: what does not wait for its depth. On CUDA the view reaches the device here, so that stages which were
   captured once serve every frame. Returns as gs_stage does. */
int gs_begin(const GsModel *model, const GsView *view, const GsBuffers *buffers, void *stream);
/* Runs a stage. Returns 0, or an error that gs_error names. */
int gs_stage(int stage, const GsModel *model, const GsView *view, const GsBuffers *buffers, void *stream);

/* Fills in an inspection of the frame that the stages made of this view and these buffers. It puts the pairs of each
   tile in order, where they are not, and changes nothing else. Not a stage: it is slow, and no frame waits for it. */
int gs_inspect(const GsView *view, const GsBuffers *buffers, const GsInspection *inspection, void *stream);
