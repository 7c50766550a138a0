"""The tree of errors of Newsletter: one root, and the classes that any room may raise."""

import functools
from collections.abc import Callable, Sequence

from newsletter.translatable import Translatable as _


class NewsletterError(Exception):
    """The root of every error that Newsletter raises on purpose.

    Below it each error is also the standard class that a caller would catch (`ValueError`, `ConnectionError`,
    `LookupError` …), and carries what it knows as attributes: a caller reads ``error.reply``, never the words. The
    classes stand beside what raises them. Those that only our own code meets derive from it directly; those that a
    person meets, from `UserError`.
    """


class UserError(NewsletterError):
    """Something a person can act on.

    ``str(error)`` is one or two short sentences for a person: what happened, what was kept, what to do. They are a
    `Translatable`, so that a page can say them in its own language (`newsletter.translation.error_text`).
    Pages show it beside the field, commands print it and exit 1.
    """


def words_of(error: BaseException) -> str:
    """What it says to a person, still to be said in another language, which ``str(error)`` is not."""
    first = error.args[0] if error.args else ""
    return first if isinstance(first, str) else str(error)


class InvalidInput(UserError, ValueError):
    """What came in cannot be used; ``field`` names the field, file or line (empty when it is the whole)."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class SeveralInvalid(InvalidInput):
    """More than one field cannot be used: all of them are said at once."""

    def __init__(self, problems: Sequence[InvalidInput]) -> None:
        super().__init__(functools.reduce(_below, (problem.args[0] for problem in problems)), field=problems[0].field)
        self.problems = tuple(problems)


def _below(above: str, line: str) -> str:
    return _("%(above)s\n%(line)s", above=above, line=line)


def all_at_once(*checks: Callable[[], object]) -> None:
    """Run every check, and raise all that they refuse together: of one field what was found first."""
    problems: list[InvalidInput] = []
    for check in checks:
        try:
            check()
        except SeveralInvalid as error:
            problems += error.problems
        except InvalidInput as error:
            problems.append(error)
    first = list({problem.field: problem for problem in reversed(problems)}.values())[::-1]
    if len(first) > 1:
        raise SeveralInvalid(first)
    if first:
        raise first[0]


class NotAllowed(UserError):
    """The state of things, or the person's role, forbids this step."""


class NotFound(UserError, LookupError):
    """There is no such thing, by the name that was given."""


class CannotListen(UserError, OSError):
    """A port is taken, or forbidden; ``address`` is ``HOST:PORT``, ``reason`` the system's word."""

    def __init__(self, message: str, *, address: str, reason: str) -> None:
        super().__init__(message)
        self.address = address
        self.reason = reason
