"""The tree of errors of subscribers: one root, and the classes that any module may raise. Pure.

Each is also the standard class that a caller would catch (`ValueError`, `LookupError`) and carries what it knows as
attributes; none is given an address. The words are made in the language of the page, unlike those of
`newsletter.errors`, which remember how to be translated: this package knows nothing of the newsletter.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum


def _(message: str) -> str:
    """Marks a message for the catalogue; `subscribers.typed_addresses` translates it in the language of the page."""
    return message


class SubscribersError(Exception):
    """The root of every error that subscribers raises on purpose.

    ``str(error)`` of those that leave the package is a short sentence or two: what happened, what was kept, what to do.
    """


class InvalidInput(SubscribersError, ValueError):
    """An input cannot be used; ``field`` names the field, column or file, and is empty for the form as a whole."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class SeveralInvalid(InvalidInput):
    """More than one field cannot be used; ``problems`` has an error for each of them."""

    def __init__(self, problems: Sequence[InvalidInput]) -> None:
        super().__init__("\n".join(map(str, problems)), field=problems[0].field)
        self.problems = tuple(problems)


def all_at_once(*checks: Callable[[], object]) -> None:
    """Run every check. Raises what they refused, of each field what was found first; SeveralInvalid for many fields."""
    found: dict[str, InvalidInput] = {}
    for check in checks:
        try:
            check()
        except InvalidInput as error:
            found.setdefault(error.field, error)
    problems = list(found.values())
    if len(problems) > 1:
        raise SeveralInvalid(problems)
    if problems:
        raise problems[0]


class Fault(StrEnum):
    """Why a text is no e-mail address or domain: the member's name is the code, its value the English words."""

    EMPTY = _("There is no e-mail address here. Write one like name@example.org.")
    NO_AT = _("This is not an e-mail address: the @ is missing. Write it like name@example.org.")
    SEVERAL = _("This is more than one e-mail address. Enter only one, like name@example.org.")
    TWO_SIGNS = _("This is not an e-mail address: there is one @ too many. Write it like name@example.org.")
    WITH_NAME = _("This is not an e-mail address on its own. Leave out the name and the brackets: name@example.org.")
    NO_NAME = _("This is not an e-mail address: there is nothing before the @.")
    NO_DOMAIN = _("This is not an e-mail address: there is nothing after the @. Write it like name@example.org.")
    SPACE = _("This is not an e-mail address: there is a space in it. Write it like name@example.org.")
    NO_DOT = _("This is not an e-mail address: the part after the @ has no dot. Write it like name@example.org.")
    LONG_NAME = _("This is not an e-mail address: the part before the @ has more than 64 characters.")
    TOO_LONG = _("This is not an e-mail address: it has more than 254 characters.")
    MALFORMED = _("This is not an e-mail address. Write it like name@example.org.")
    NO_DOMAIN_NAME = _("This is not a domain. Write it like example.org.")


class BadAddress(InvalidInput):
    """A text is no e-mail address; ``fault`` says why. Neither it nor ``str(error)`` repeats the text."""

    def __init__(self, fault: Fault, said: str = "") -> None:
        super().__init__(said or fault.value, field="address")
        self.fault = fault


class LeftBefore(InvalidInput):
    """A reader had left the list in another program: a user has to say that the reader asked for it again.

    ``file`` is the name of the imported file that says so, empty when its import is no longer on record, and ``at``
    when it was imported.
    """

    def __init__(self, message: str, *, field: str, file: str, at: datetime) -> None:
        super().__init__(message, field=field)
        self.file = file
        self.at = at


class NotFound(SubscribersError, LookupError):
    """There is no such list or subscriber, by the name or number that was given."""
