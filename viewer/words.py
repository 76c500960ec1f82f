"""What the knobs of the window and of the web page are about."""

NOTHING = "–"  # for what has not been measured

CULLING_HELP = {"off": "nothing is hidden",
                "centre": "an item whose centre lies behind the proxy is dropped, the rule that Proxy-GS trains with",
                "footprint": "an item is dropped only when all of it lies behind"}
HIDE_BY = " ".join(f"{way}: {help}." for way, help in CULLING_HELP.items())
MARGIN = "How far an item may lie behind the proxy and still be kept"
PROXY_ERROR = ("Pixels that the drawn proxy may be off the full one. More draws fewer triangles, and hides a little "
               "less; 0 draws only what changes nothing.")
DRAWN_BY = ("What draws the proxy's triangles: the vertex pipeline, a compute shader, or each what suits it (hybrid). "
            "All draw the same depth but for rounding.")
HIDDEN_CLUSTERS = "Parts of the proxy that lie behind others are not drawn. It changes no bit of the depth."
WIREFRAME = "Draws the edges of the proxy's triangles over the picture, and its outlines in orange."
COMPARED = ("first: the settings as they are. split: the second ones to the right of a line. second: these alone. "
            "difference: of both pictures, ten times.")
ANCHOR_BIAS = ("Levels of detail added to what an anchor's distance asks for: above 0 is finer, below 0 coarser and "
               "faster. 0 is what the model was trained with.")
FLAT = "The proxy was opened without levels of detail (--lod-error off), so all of its triangles are drawn."
NO_LEVELS = "The model has no levels of detail."
APPEARANCE = "Which photograph's lighting the colours are decoded for."
CROP = ("Only what is in the box is there. An anchor or a splat counts by its centre: with all that it draws, even "
        "what reaches out of the box, or not at all. The proxy hides nothing by what of it is outside, so a wall that "
        "is cut away shows what is behind.")
CROP_FROM = "The box's least x, y and z, in scene units along the model's axes (where it lies askew: level ones, up)."
CROP_TO = "Its largest x, y and z, in scene units."
UP = "The axis of the model that points up: what turning and keeping level go by."
UNIT = ("Metres that one scene unit of the model is. Lengths and speeds are told in metres then, and walking is at the "
        "height and the pace of a person. 0: unknown.")
IN_METRES = ("Works out how long one unit is, for a proxy whose file is in metres, from the proxy's scale.")
UP_AS_SEEN = "The picture's upper edge is up from now on: for a model that lies askew."
BACKGROUND = "What shows where nothing covers a pixel."


def finest_level(most: int) -> str:
    return f"Anchors of finer levels than this are not drawn. The model has levels 0 to {most}."
