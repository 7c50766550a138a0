"""Reads the addresses that people type, and says what is wrong with one in the language of the page."""

from collections.abc import Callable
from typing import TypeVar

from django.utils.translation import gettext

from subscribers import addresses
from subscribers.addresses import Address
from subscribers.errors import BadAddress

_Read = TypeVar("_Read")


def address(text: str) -> Address:
    """The address that a person typed. Raises BadAddress, in their language."""
    return _read(addresses.normalise, text)


def domain(text: str) -> str:
    """The domain that a person typed. Raises BadAddress, in their language."""
    return _read(addresses.domain_of, text)


def of(error: Exception) -> str:
    """What an error says to a person: the only place where a fault of an address is put into words."""
    return gettext(error.fault.value) if isinstance(error, BadAddress) else str(error)


def _read(reader: Callable[[str], _Read], text: str) -> _Read:
    try:
        return reader(text)
    except BadAddress as error:
        raise BadAddress(error.fault, of(error)) from None
