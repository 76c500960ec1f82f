"""What to do with a scene that will not fit into memory, as far as one can tell."""

from __future__ import annotations

from imgui_bundle import imgui

from viewer.panels import dialog
from viewer.panels.rows import beside, button

HALF, ANYWAY, CANCEL = "half precision", "open anyway", "cancel"
HELP = {HALF: "Opens it with its colours in 16 bits: it will fit then.",
        ANYWAY: "Tries it, and takes whatever memory there is, for this scene alone. It may fail with a sentence, or "
                "slow the machine down.",
        CANCEL: "Leaves it unopened, and this scene as it is."}


class Question:
    """`sentence` says what will not fit; `half`: in half precision it would. `name` is what is to be opened."""

    def __init__(self, sentence: str, half: bool, name: str):
        self.sentence, self.name = sentence, name
        self._answers = [HALF] * half + [ANYWAY, CANCEL]

    def draw(self, window: tuple[float, float]) -> str | None:
        """A window over the others, whose size is given; what was answered."""
        answer, stays = None, dialog.begin("Too large", window, 36)
        imgui.internal.bring_window_to_display_front(imgui.internal.get_current_window())  # before what the window says
        imgui.text_wrapped(f"{self.name}: {self.sentence}.")
        imgui.spacing()
        for i, label in enumerate(self._answers):
            if i:
                beside(label)
            if button(label, HELP[label]):
                answer = label
        return answer if dialog.end(stays) else CANCEL
