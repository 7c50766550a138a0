"""The root of every error about people that a person can act on."""


class SubscribersError(Exception):
    """What happened, what was kept, what to do: in one or two short sentences. Never holds an address."""


class InvalidInput(SubscribersError, ValueError):
    """What came in cannot be used; ``field`` names the field, column or file."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class BadAddress(InvalidInput):
    """The text is no e-mail address. ``str(error)`` says why, without repeating the text."""


class NotFound(SubscribersError, LookupError):
    """There is no such list or person, by the name that was given."""
