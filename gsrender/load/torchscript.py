"""The tensors of a file that torch wrote, without running anything of it: TorchScript archives (torch.jit.save) and
state_dicts (torch.save) in the zip container, state_dicts in the older one.

Both containers hold a pickle that describes tensors as windows of numbered storages, and the storages as raw numbers:
    zip     <name>/data.pkl, <name>/data/<number>, <name>/byteorder; a TorchScript archive also has <name>/code/
    legacy  pickles one after another: magic number, version, byte order and sizes, the value, the storages' numbers in
            the order in which they follow; then each storage, an int64 count of elements and the elements
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from dataclasses import dataclass

import torch

from gsrender.errors import InputError
from gsrender.load.files import beginning, read_bytes, shown
from gsrender.load.pickles import Call, Instance, Name, Persistent, PickleError, read_pickle

LIMIT = 256 << 20  # bytes of a file; decoders have 20 KB, an appearance embedding a few hundred
DEPTH_LIMIT = 8  # modules in modules
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_START = b"\x80\x02\x8a\x0a" + LEGACY_MAGIC.to_bytes(10, "little")
DTYPES = {"torch.FloatStorage": torch.float32, "torch.DoubleStorage": torch.float64, "torch.HalfStorage": torch.float16,
          "torch.BFloat16Storage": torch.bfloat16, "torch.LongStorage": torch.int64, "torch.IntStorage": torch.int32,
          "torch.ShortStorage": torch.int16, "torch.CharStorage": torch.int8, "torch.ByteStorage": torch.uint8,
          "torch.BoolStorage": torch.bool}
TENSOR, PARAMETER = Name("torch._utils._rebuild_tensor_v2"), Name("torch._utils._rebuild_parameter")
ALLOWED = {*DTYPES, TENSOR.text, PARAMETER.text, "collections.OrderedDict"}


@dataclass(frozen=True)
class _Storage:
    dtype: torch.dtype
    key: str
    count: int  # elements


def read_weights(path) -> dict[str, torch.Tensor]:
    """All floating-point tensors as float32 by dotted name, such as `0.weight`. Raises InputError."""
    data = read_bytes(path, LIMIT)
    try:
        if data.startswith(b"PK\x03\x04"):
            value, storages = _read_zip(data)
        elif data.startswith(LEGACY_START):
            value, storages = _read_legacy(data)
        else:
            raise PickleError(f"neither a TorchScript archive nor a state_dict, {beginning(data)}")
        calls = dict(_tensors(value))
        if not calls:
            raise PickleError("holds no tensors")
        tensors = _build_all(calls, storages)
    except PickleError as error:
        raise InputError(f"{path}: {error}") from error
    return {name: tensor.float() for name, tensor in tensors.items() if tensor.is_floating_point()}


def _allowed(name: str) -> bool:
    # Below __torch__ are the classes that a TorchScript archive brings its own code for, which is not read;
    # torch.jit._pickle marks typed lists.
    return name in ALLOWED or name.startswith(("__torch__.", "torch.jit._pickle."))


def _read_zip(data):
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = {info.filename: info for info in archive.infolist()}
        index = next((name for name in members if re.fullmatch(r"[^/]*/data\.pkl", name)), None)
        if index is None:
            raise PickleError("a zip without data.pkl, which torch would have written")
        root = index.removesuffix("data.pkl")
        value = read_pickle(io.BytesIO(_member(archive, members[index])), _allowed)
        order = _member(archive, members[root + "byteorder"]) if root + "byteorder" in members else b"little"
        if order != b"little":
            raise PickleError(f"byteorder {shown(order)}, expected little")
        numbers = {name.removeprefix(root + "data/"): info for name, info in members.items()
                   if name.startswith(root + "data/")}
        if sum(info.file_size for info in numbers.values()) > len(data):
            raise PickleError("damaged zip, its members overlap")
        storages = {key: _member(archive, info) for key, info in numbers.items()}
    except PickleError:
        raise
    except Exception as error:  # zipfile raises seven kinds on damaged archives, struct.error and EOFError among them
        raise PickleError(f"damaged zip, {ascii(error)[:100]}") from error
    return value, storages


def _member(archive, info) -> bytes:
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise PickleError(f"{shown(info.filename)} is compressed, which torch does not do")
    return archive.read(info)


def _read_legacy(data):
    file = io.BytesIO(data)
    _magic, _version, system, value, keys = (read_pickle(file, _allowed) for _ in range(5))
    if not (isinstance(system, dict) and system.get("little_endian") is True):
        raise PickleError("byte order is not little endian")
    if not (isinstance(keys, list) and all(isinstance(key, str) for key in keys)):
        raise PickleError("damaged list of storages")
    sizes = {}
    for _, call in _tensors(value):
        storage = _storage(call)
        sizes[storage.key] = storage.count * storage.dtype.itemsize
    storages = {}
    for key in keys:
        if key not in sizes:
            raise PickleError(f"storage {shown(key)} is not used by any tensor")
        if sizes[key] + 8 > len(data) - file.tell():
            raise PickleError(f"truncated, storage {shown(key)} is not all there")
        file.read(8)  # the count once more
        storages[key] = file.read(sizes[key])
    return value, storages


def _tensors(value, name="", depth=0, seen=None):
    """Yields (dotted name, call that makes the tensor) from nested modules and dictionaries, each of them once."""
    seen = set() if seen is None else seen
    if isinstance(value, Call) and value.function == PARAMETER and value.arguments:
        value = value.arguments[0]
    if isinstance(value, Call) and value.function == TENSOR:
        yield name, value
    children = value.attributes if isinstance(value, Instance) else value
    if isinstance(children, dict) and id(value) not in seen:
        if depth == DEPTH_LIMIT:
            raise PickleError(f"{shown(name)}: modules nested more than {DEPTH_LIMIT} deep")
        seen.add(id(value))
        for key, child in children.items():
            if isinstance(key, str):
                yield from _tensors(child, f"{name}.{key}" if name else key, depth + 1, seen)


def _storage(call: Call) -> _Storage:
    match call.arguments:
        case [Persistent(key=["storage", Name(text=kind), str(key), str(), int(count), *_]), *_] \
                if kind in DTYPES and count >= 0:
            return _Storage(DTYPES[kind], key, count)
    raise PickleError("a tensor whose storage is not described as torch does")


def _build_all(calls: dict[str, Call], storages: dict[str, bytes]) -> dict[str, torch.Tensor]:
    numbers: dict[_Storage, torch.Tensor] = {}
    room = sum(map(len, storages.values()))  # windows may overlap, but not to make more of a file than it holds
    tensors = {}
    for name, call in calls.items():
        storage = _storage(call)
        data = storages.get(storage.key, b"")
        if len(data) != storage.count * storage.dtype.itemsize:
            raise PickleError(f"{shown(name)}: storage {shown(storage.key)} has {len(data):,} bytes, expected "
                              f"{storage.count:,} x {storage.dtype.itemsize}")
        offset, size, stride = _window(name, call, storage.count)
        room -= math.prod(size) * storage.dtype.itemsize
        if room < 0:
            raise PickleError(f"{shown(name)}: its tensors are larger than its storages")
        if storage not in numbers:
            numbers[storage] = torch.frombuffer(bytearray(data) or bytearray(8), dtype=storage.dtype)[:storage.count]
        tensors[name] = numbers[storage].as_strided(size, stride, offset).clone()
    return tensors


def _window(name: str, call: Call, count: int) -> tuple[int, tuple, tuple]:
    """Offset, size and stride of a tensor, all inside a storage of `count` numbers."""
    match call.arguments:
        case [_, offset, tuple(size), tuple(stride), *_] if len(size) == len(stride) <= 4:
            if all(type(n) is int and 0 <= n < 2**31 for n in (offset, *size, *stride)):
                last = offset + sum((n - 1) * step for n, step in zip(size, stride))
                if 0 in size:
                    return 0, (0,), (1,)  # what is empty has no shape that anyone needs
                if last < count:
                    return offset, size, stride
    raise PickleError(f"{shown(name)}: size and stride do not fit into its storage of {count:,} numbers")
