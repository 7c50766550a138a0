"""What a check of the doctor says."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How the thing is that was checked."""

    OK = "ok"
    TO_DO = "to do"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What a check found: a line of `newsletter doctor`."""

    name: str
    health: Health
    text: str
    """What was found and, unless ok, what to do."""


def ok(name: str, text: str) -> Diagnosis:
    return Diagnosis(name=name, health=Health.OK, text=text)


def to_do(name: str, text: str) -> Diagnosis:
    return Diagnosis(name=name, health=Health.TO_DO, text=text)


def failed(name: str, text: str) -> Diagnosis:
    return Diagnosis(name=name, health=Health.FAILED, text=text)


def first_line(error: object) -> str:
    """The first line of an error, without a final dot."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
