"""What a column may be taken for."""

from enum import StrEnum


class Role(StrEnum):
    """What a column is taken for."""

    ADDRESS = "address"
    OTHER_ADDRESS = "other-address"
    NAME = "name"
    FIRST = "first-name"
    LAST = "last-name"
    LANGUAGE = "language"
    STANDING = "standing"
    """Its words say who may be mailed."""
    LEFT = "left"
    """Filled, or yes: this person has left."""
    STAYS = "stays"
    """No, or empty: this person must not be mailed."""
    IGNORED = "ignore"
    UNCLEAR = "unclear"
    """May say who has left: somebody has to answer."""


CHOICES = tuple(role for role in Role if role not in {Role.UNCLEAR, Role.OTHER_ADDRESS})
OF_PEOPLE = frozenset({Role.ADDRESS, Role.OTHER_ADDRESS, Role.NAME, Role.FIRST, Role.LAST, Role.LANGUAGE})
