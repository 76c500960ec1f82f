"""What the window says: what just happened, for a moment; and what went wrong, until it was read."""

from __future__ import annotations

import time

from gsrender.errors import DeviceError, InputError

MESSAGE = 3.0  # seconds, at least
READ = 16.0  # letters a second


class Sayings:
    """A part of the App."""

    def __init__(self):
        self._message, self._message_until = "", 0.0
        self._complaints: list[str] = []
        self._sent_away: set[str] = set()  # warnings that were read; they are told again as long as they hold

    @property
    def message(self) -> str:
        """What is being said at the foot of the picture."""
        return self._message if time.perf_counter() < self._message_until else ""

    def say(self, text: str, seconds: float = MESSAGE):
        """Shows a line for a moment, long enough to be read."""
        self._message, self._message_until = text, time.perf_counter() + max(seconds, len(text) / READ)

    def complain(self, sentence: str):
        """Shows a sentence until it is sent away."""
        self._complaints = [*(other for other in self._complaints if other != sentence), sentence]
        self._sent_away.discard(sentence)

    def unread(self, warnings: list[str]) -> list[str]:
        """Warnings and complaints that were not sent away."""
        return [sentence for sentence in warnings + self._complaints if sentence not in self._sent_away]

    def send_away(self, sentence: str | None):
        if sentence in self._complaints:
            self._complaints.remove(sentence)
        elif sentence:
            self._sent_away.add(sentence)

    def attempt(self, done: str, function, *arguments):
        """Calls a function and says that it is done, or what went wrong."""
        try:
            function(*arguments)
            self.say(done)
        except (InputError, DeviceError) as error:
            self.complain(str(error))
