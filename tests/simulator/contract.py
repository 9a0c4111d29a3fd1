"""What another library knows of the Bot API: whether calls, answers and updates are as its typed models say.

aiogram's models are made from the Bot API's own pages, so that our simulator and our bot cannot agree on a mistake.
They are lenient by themselves; here a field that is unknown, deprecated, missing, null or of another type is a fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from aiogram import methods
from aiogram.methods import TelegramMethod
from aiogram.types import Update
from pydantic import BaseModel, TypeAdapter, ValidationError

METHODS: Mapping[str, type[TelegramMethod[Any]]] = {
    known.__api_method__: known
    for known in vars(methods).values()
    if isinstance(known, type) and issubclass(known, TelegramMethod) and known is not TelegramMethod
}


def call_faults(calls: Iterable[Mapping[str, Any]]) -> list[str]:
    """Faults of calls as the simulator notes them (method, values, result), each said once."""
    return list(dict.fromkeys(fault for call in calls for fault in _call(call)))


def update_faults(updates: Iterable[Mapping[str, Any]]) -> list[str]:
    """Faults of updates, each said once."""
    return list(dict.fromkeys(fault for update in updates for fault in _faults(Update, update, "update")))


def _call(call: Mapping[str, Any]) -> Iterator[str]:
    name = call["method"]
    method = METHODS.get(name)
    if method is None:
        yield f"{name}: no such method"
        return
    yield from _faults(method, call["values"], name)
    # Updates are judged by themselves: some are malformed on purpose.
    if "result" in call and name != "getUpdates":
        yield from _faults(method.__returning__, call["result"], f"{name} -> ")


def _faults(kind: Any, raw: Any, path: str) -> Iterator[str]:
    try:
        value = TypeAdapter(kind).validate_python(raw)
    except ValidationError as error:
        for one in error.errors(include_input=False, include_url=False):
            yield f"{path}.{'.'.join(map(str, one['loc']))}: {one['msg']}"
        return
    yield from _differences(raw, value, path)


def _differences(raw: Any, value: Any, path: str) -> Iterator[str]:
    """Where a model has been more lenient than the Bot API."""
    if isinstance(value, BaseModel):
        yield from _fields(raw, value, path)
    elif isinstance(raw, list) and isinstance(value, list | tuple):
        for number, (part, read) in enumerate(zip(raw, value, strict=True)):
            yield from _differences(part, read, f"{path}[{number}]")
    elif not _same_type(raw, value):
        yield f"{path}: {type(raw).__name__} instead of {type(value).__name__}"


def _fields(raw: Mapping[str, Any], value: BaseModel, path: str) -> Iterator[str]:
    fields = {field.alias or name: (name, field) for name, field in type(value).model_fields.items()}
    for key, part in raw.items():
        if key not in fields:
            yield f"{path}.{key}: unknown"
            continue
        name, field = fields[key]
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("deprecated"):
            yield f"{path}.{key}: deprecated"
        elif part is None:
            yield f"{path}.{key}: null"
        else:
            yield from _differences(part, getattr(value, name), f"{path}.{key}")


def _same_type(raw: Any, value: Any) -> bool:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(raw, bool) or isinstance(value, bool):
        return isinstance(raw, bool) and isinstance(value, bool)
    if isinstance(raw, int):
        return isinstance(value, int | float | datetime | timedelta)
    return type(raw) is type(value)
