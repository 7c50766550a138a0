"""What an admin answers about a column, as `--column` writes it: `NAME=left`, `NAME=left:one|other|stays:third`."""

from collections.abc import Iterable

from subscribers.imports.columns.roles import CHOICES, Role

_BUT = f"{Role.STAYS}:"


def parse(text: str) -> tuple[str, str]:
    """The title and the answer in `NAME=left`. The title may hold a `=` itself. Raises ValueError."""
    title, sign, answer = text.rpartition("=")
    role, _, values = answer.strip().partition(":")
    if not sign or not title.strip() or role not in set(CHOICES) or (values and role != Role.LEFT):
        raise ValueError(text)
    return title.strip(), answer.strip()


def answer_of(left: Iterable[str], stays: Iterable[str]) -> str:
    """The answer that these values mean “left”, and those do not: `left:one|other|stays:third`."""
    but = [f"{_BUT}{value}" if not at else value for at, value in enumerate(stays)]
    return f"{Role.LEFT}:{'|'.join([*left, *but])}"


def named(answer: str) -> tuple[list[str], list[str]] | None:
    """The values that mean “left”, and those that do not, in an answer that names some."""
    _role, colon, text = answer.partition(":")
    if not colon:
        return None
    left, stays = list[str](), list[str]()
    into = left
    for value in text.split("|"):
        if value.strip().startswith(_BUT):
            into = stays
        into.append(value.strip().removeprefix(_BUT).strip())
    return left, stays
