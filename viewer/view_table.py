"""The ways in which a scene can be looked at: the one table that `--view`, the window and the README read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ViewKind:
    name: str
    help: str
    needs_proxy: bool = False
    needs_culling: bool = False

    def lack(self, has_proxy: bool, culling: str) -> str:
        """Why there is no such picture; empty where there is one."""
        if self.needs_proxy and not has_proxy:
            return "there is no proxy to look at"
        return "culling is off, so nothing is removed" if self.needs_culling and culling == "off" else ""


VIEWS = (
    ViewKind("picture", "the model, as it is"),
    ViewKind("alpha", "how much of the background is covered: black nothing, white all"),
    ViewKind("depth", "how far the Gaussians are: the mean view z of what covers a pixel"),
    ViewKind("proxy", "how far the proxy is, in view z", needs_proxy=True),
    ViewKind("gap", "how far the Gaussians lie before the proxy (blue) or behind it (red)", needs_proxy=True),
    ViewKind("removed", "what culling removed, painted in magenta over the picture", needs_proxy=True,
             needs_culling=True),
    ViewKind("points",
             "centres of the anchors or splats that culling left, coloured by level of detail, else by distance"),
    ViewKind("ellipses", "the nearest splats, cut off at 1 sigma"),
    ViewKind("overdraw", "how many splats each pixel took before it was covered"),
    ViewKind("pairs", "how many splats the list of each tile holds"),
    ViewKind("tiles", "the picture under the grid of its tiles"),
    ViewKind("clusters", "the clusters of the proxy that are drawn, a colour each", needs_proxy=True),
    ViewKind("levels", "the level of detail of the proxy's clusters; green is the source", needs_proxy=True),
    ViewKind("triangles", "how many pixels each triangle of the proxy covers", needs_proxy=True),
)
VIEW_NAMES = tuple(view.name for view in VIEWS)


def view_kind(name: str) -> ViewKind:
    return VIEWS[VIEW_NAMES.index(name)]


def markdown_table() -> str:
    """The README's table of views."""
    return "\n".join(["| view | shows |", "|---|---|", *(f"| `{view.name}` | {view.help} |" for view in VIEWS)])
