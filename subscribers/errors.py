"""The root of every error about people that a person can act on. Pure."""

from collections.abc import Callable, Sequence
from enum import StrEnum


def _(message: str) -> str:
    """Marks a message for the catalogue; `subscribers.typed_addresses` translates it in the language of the page."""
    return message


class SubscribersError(Exception):
    """What happened, what was kept, what to do: in one or two short sentences. Never holds an address."""


class InvalidInput(SubscribersError, ValueError):
    """What came in cannot be used; ``field`` names the field, column or file."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class SeveralInvalid(InvalidInput):
    """More than one field cannot be used: all of them are said at once."""

    def __init__(self, problems: Sequence[InvalidInput]) -> None:
        super().__init__("\n".join(map(str, problems)), field=problems[0].field)
        self.problems = tuple(problems)


def all_at_once(*checks: Callable[[], object]) -> None:
    """Run every check, and raise what they refuse together: of one field what was found first."""
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
    """Why a text is no e-mail address: the member is the reason's code, its value the English words."""

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
    """The text is no e-mail address; ``fault`` says why. Neither it nor ``str(error)`` repeats the text."""

    def __init__(self, fault: Fault, said: str = "") -> None:
        super().__init__(said or fault.value, field="address")
        self.fault = fault


class LeftBefore(InvalidInput):
    """A file said that this person had left the list in another program: somebody has to say that they asked again."""


class NotFound(SubscribersError, LookupError):
    """There is no such list or person, by the name that was given."""
