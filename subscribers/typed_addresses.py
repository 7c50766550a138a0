"""Parses the addresses that people type, and says in the language of the page what is wrong with an address."""

from collections.abc import Callable
from typing import TypeVar

from django.utils.translation import gettext

from subscribers import addresses
from subscribers.addresses import Address
from subscribers.errors import BadAddress

_Parsed = TypeVar("_Parsed")


def parse(text: str) -> Address:
    """The address that a person typed. Raises BadAddress, in their language."""
    return _parsed(addresses.normalise, text)


def parse_domain(text: str) -> str:
    """The domain that a person typed. Raises BadAddress, in their language."""
    return _parsed(addresses.domain_of, text)


def error_text(error: Exception) -> str:
    """What an error says to a person: the only place where a fault of an address is put into words."""
    return gettext(error.fault.value) if isinstance(error, BadAddress) else str(error)


def _parsed(reader: Callable[[str], _Parsed], text: str) -> _Parsed:
    try:
        return reader(text)
    except BadAddress as error:
        raise BadAddress(error.fault, error_text(error)) from None
