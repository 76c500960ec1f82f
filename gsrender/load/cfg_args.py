"""`cfg_args`, the training arguments that Scaffold-GS and its descendants leave beside a model: the text of a Python
call `Namespace(name=literal, ...)`. It is parsed, never evaluated."""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass, field
from pathlib import Path

from gsrender.errors import InputError
from gsrender.load.files import LARGEST, read_text, shown

LIMIT = 16 << 10  # bytes; real ones have 600. Python's parser fails cleanly on any nesting that fits


@dataclass(frozen=True)
class CfgArgs:
    """The arguments by name. Getters return None where one is absent and raise InputError on another type."""

    path: Path | None  # None: the model came without
    values: dict[str, object] = field(default_factory=dict)

    def flag(self, name: str) -> bool | None:
        return self._get(name, (bool,), "True or False")

    def number(self, name: str) -> float | None:
        value = self._get(name, (int, float), "a number")
        if value is not None and not abs(value) <= LARGEST:
            raise InputError(f"{self.path}: {name}={shown(value)}, expected a finite number")
        return value

    def integer(self, name: str) -> int | None:
        value = self.number(name)
        if value is not None and value != math.floor(value):
            raise InputError(f"{self.path}: {name}={shown(value)}, expected a whole number")
        return None if value is None else int(value)

    def text(self, name: str) -> str | None:
        return self._get(name, (str,), "a string")

    def _get(self, name, kinds, expected):
        value = self.values.get(name)
        if value is None or (isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))):
            return value
        raise InputError(f"{self.path}: {name}={shown(value)}, expected {expected}")


def read_cfg_args(path) -> CfgArgs:
    """Reads the file; an absent one is an empty CfgArgs. Raises InputError."""
    path = Path(path)
    if not path.exists() and not path.is_symlink():
        return CfgArgs(None)
    text = read_text(path, LIMIT)
    try:
        call = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"{path}: not a call Namespace(name=literal, ...)") from error
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Namespace"):
        raise InputError(f"{path}: not a call Namespace(name=literal, ...)")
    if call.args or any(keyword.arg is None for keyword in call.keywords):
        raise InputError(f"{path}: Namespace has an argument without a name, expected name=literal only")
    return CfgArgs(path, {keyword.arg: _literal(path, keyword) for keyword in call.keywords})


def _literal(path, keyword):
    try:
        return ast.literal_eval(keyword.value)
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        raise InputError(f"{path}: {keyword.arg} is not a literal") from error
