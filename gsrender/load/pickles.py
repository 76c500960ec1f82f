"""A pickle as data.

A pickle is a program for a stack machine. This is that machine without the power to call anything, so nothing in a file
can run: of the two instructions that would, NEWOBJ makes an `Instance` and REDUCE a `Call`, which only hold what was
asked for. Python's own Unpickler is not used, because even with a strict `find_class` it reserves whatever memory a
length in the file says."""

from __future__ import annotations

import pickletools
from dataclasses import dataclass, field
from typing import BinaryIO

OPCODE_LIMIT = 1_000_000  # instructions; a decoder takes about 150


class PickleError(ValueError):
    """The pickle is damaged, or asks for what weights do not need."""


@dataclass(frozen=True)
class Name:
    """A global the pickle refers to."""

    text: str  # module and attribute, as in `collections.OrderedDict`


@dataclass(eq=False)
class Instance:
    """An object of a class, with the attributes it was given."""

    kind: Name
    attributes: dict = field(default_factory=dict)


@dataclass(eq=False)
class Call:
    """A function the pickle wants called, and its arguments."""

    function: Name
    arguments: tuple


@dataclass(eq=False)
class Persistent:
    """A reference to something outside the pickle."""

    key: object


CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
# Instructions whose argument, which pickletools has read, is the value.
VALUES = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE"}
IGNORED = {"PROTO", "FRAME"}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


def read_pickle(file: BinaryIO, allowed) -> object:
    """The value of the pickle at the file's position, which moves behind it.

    `allowed(name)` says whether the global `name` may be referred to. Raises PickleError.
    """
    machine = _Machine(allowed)
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(file)):
            if count >= OPCODE_LIMIT:
                raise PickleError(f"more than {OPCODE_LIMIT:,} instructions")
            machine.step(opcode.name, argument)
        return machine.stack.pop()
    except PickleError:
        raise
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:  # a pop too many, a key not hashable
        raise PickleError(f"damaged pickle, {str(error)[:100]}") from error


class _Machine:
    def __init__(self, allowed):
        self.allowed, self.stack, self.memo = allowed, [], {}
        self.marks = []  # stack heights

    def step(self, op: str, argument) -> None:
        stack = self.stack
        if op in VALUES:
            stack.append(argument)
        elif op in CONSTANTS:
            stack.append(CONSTANTS[op])
        elif op in ("BINPUT", "LONG_BINPUT"):
            self.memo[argument] = stack[-1]
        elif op == "MEMOIZE":
            self.memo[len(self.memo)] = stack[-1]
        elif op in ("BINGET", "LONG_BINGET"):
            stack.append(self.memo[argument])
        elif op == "GLOBAL":
            self._push_name(*argument.split(" ", 1))
        elif op == "STACK_GLOBAL":
            attribute, module = stack.pop(), stack.pop()
            self._push_name(module, attribute)
        elif op == "MARK":
            self.marks.append(len(stack))
        elif op == "EMPTY_TUPLE":
            stack.append(())
        elif op == "EMPTY_DICT":
            stack.append({})
        elif op == "EMPTY_LIST":
            stack.append([])
        elif op in TUPLES:
            stack[-TUPLES[op]:] = [self._last(TUPLES[op])]
        elif op == "TUPLE":
            stack.append(tuple(self._to_mark()))
        elif op == "APPEND":
            value = stack.pop()
            stack[-1].append(value)
        elif op == "APPENDS":
            values = self._to_mark()
            stack[-1].extend(values)
        elif op == "SETITEM":
            value, key = stack.pop(), stack.pop()
            _set_items(stack[-1], [key], [value])
        elif op == "SETITEMS":
            values = self._to_mark()
            _set_items(stack[-1], values[::2], values[1::2])
        elif op == "NEWOBJ":
            _, kind = stack.pop(), _name(stack.pop())
            stack.append(Instance(kind))
        elif op == "REDUCE":
            arguments, function = stack.pop(), _name(stack.pop())
            # state_dicts are ordered dictionaries: the one call that is as good as its result.
            ordered = function == Name("collections.OrderedDict") and not arguments
            if not isinstance(arguments, tuple):
                raise PickleError(f"damaged pickle, {function.text[:100]} is called with a {type(arguments).__name__}")
            stack.append({} if ordered else Call(function, arguments))
        elif op == "BUILD":
            state = stack.pop()
            if isinstance(stack[-1], Instance) and isinstance(state, dict):
                stack[-1].attributes.update(state)  # of a dictionary it would set attributes, as _metadata
        elif op == "BINPERSID":
            stack.append(Persistent(stack.pop()))
        elif op not in IGNORED and op != "STOP":
            raise PickleError(f"instruction {op}, which weights do not need")

    def _push_name(self, module, attribute):
        name = f"{module}.{attribute}"
        if not self.allowed(name):
            raise PickleError(f"refers to {name[:100]!a}, which weights do not need")
        self.stack.append(Name(name))

    def _last(self, count) -> tuple:
        if len(self.stack) < count:
            raise PickleError("damaged pickle, a tuple of too few")
        return tuple(self.stack[-count:])

    def _to_mark(self) -> list:
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values


def _name(value) -> Name:
    if not isinstance(value, Name):
        raise PickleError(f"damaged pickle, a {type(value).__name__} where a class or function is due")
    return value


def _set_items(table, keys, values) -> None:
    # Names and numbers only: hashing a tuple that holds itself twice, and that again, sixty times, would never end.
    if not isinstance(table, dict) or not all(type(key) in (str, int) for key in keys):
        raise PickleError("damaged pickle, a dictionary whose keys are neither names nor numbers")
    table.update(zip(keys, values, strict=True))
