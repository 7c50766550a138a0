"""What somebody typed beside what somebody else saved meanwhile, field by field: neither is lost. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

_MOST = 5_000
"""Characters of a note that came back from a page; more is none of ours."""


@dataclass(frozen=True, kw_only=True)
class Merged:
    wanted: dict[str, str | None]
    """What is to be saved; None where the person changed nothing."""
    theirs: dict[str, str]
    """What another saved meanwhile in fields that the person changed too."""


def note(values: Mapping[str, object]) -> str:
    """What a page carries to say later which fields were changed on it: a short digest of each."""
    return json.dumps({name: _hash(plain(value)) for name, value in values.items()})


def merge(*, typed: Mapping[str, object], stored: Mapping[str, object], noted: str) -> Merged:
    """Three ways: what the page showed (``noted``), what was typed there, and what is stored now.

    Without a note that can be read, everything that differs is taken for typed.
    """
    was = _read(noted)
    wanted: dict[str, str | None] = {}
    theirs: dict[str, str] = {}
    for name, value in stored.items():
        ours, current = plain(typed.get(name, "")), plain(value)
        shown = was.get(name, _hash(current))
        touched = _hash(ours) != shown and ours != current
        wanted[name] = ours if touched else None
        if touched and _hash(current) != shown:
            theirs[name] = current
    return Merged(wanted=wanted, theirs=theirs)


def plain(value: object) -> str:
    """A value as a form sends it, without what saving leaves out anyway."""
    if isinstance(value, bool):
        return "on" if value else ""
    if isinstance(value, list | tuple):  # ticked boxes
        return " ".join(map(str, value))
    return str(value).replace("\r\n", "\n").replace("\r", "\n").strip()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]


def _read(noted: str) -> dict[str, str]:
    try:
        found = json.loads(noted) if len(noted) <= _MOST else {}
    except (ValueError, RecursionError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
