"""Named arrays as one run of bytes, which can be used where they lie: in a file mapped into memory as well."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_ALIGNED = 64
"""Bytes: every array begins at a multiple of this."""


def pack(arrays: Mapping[str, Array]) -> bytes:
    """Return the bytes of arrays: the length of a table of contents in 8 bytes, the table in JSON, the arrays."""
    table = []
    place = 0
    for name, array in arrays.items():
        table.append((name, array.dtype.str, array.shape, place))
        place = _rounded(place + array.nbytes)
    head = json.dumps(table).encode()
    parts = [len(head).to_bytes(8, "little"), head]
    parts.append(bytes(_rounded(8 + len(head)) - 8 - len(head)))
    for array in arrays.values():
        parts += [np.ascontiguousarray(array).tobytes(), bytes(_rounded(array.nbytes) - array.nbytes)]
    return b"".join(parts)


def unpack(packed: bytes | memoryview) -> dict[str, Array]:
    """Return the arrays of `pack`, each a view of the bytes. Raises ValueError or TypeError for other bytes."""
    length = int.from_bytes(packed[:8], "little")
    table = json.loads(bytes(packed[8 : 8 + length]))
    start = _rounded(8 + length)
    found: dict[str, Array] = {}
    for name, dtype, shape, place in table:
        count = int(np.prod(shape, dtype=np.int64))
        found[name] = np.frombuffer(packed, np.dtype(dtype), count, start + place).reshape(shape)
    return found


def _rounded(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED
