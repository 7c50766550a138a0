"""E-mail addresses: their normal form, their blind index, and the only access to the column that holds them. Pure.

Nothing else reads or writes `Subscriber.address`: rows are made from `columns`, queries select `COLUMN`, and what they
yield is opened by `opened`. So the column can be encrypted later by changing this file alone.
"""

import hashlib
import hmac
import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import idna
from email_validator import EmailNotValidError, validate_email

from subscribers.errors import BadAddress, Fault

COLUMN = "address"
"""Name of the column, for queries that hand its value to `opened`."""

MAX_OCTETS = 254
"""RFC 5321 §4.5.3.1.3: a path holds 256 octets, its angle brackets included."""

LONGEST_TEXT = 2_000
"""Characters that are looked at to say what is wrong with an address; a usable address has 254 at most."""

# RFC 5322 §3.2.3 dot-atom in ASCII: nearly every real local part, so that an import need not parse each in full.
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)

# Between two signs: what divides addresses.
_DIVIDES = re.compile(r"[\s,;|/<]")

# What web pages and spreadsheets leave in an address unseen, the marks of writing direction among them.
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u061c\u180e\u200b\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"))
_UNSEEN |= dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_SPACES = dict.fromkeys(map(ord, "\u00a0\u1680\u2007\u202f\u205f\u3000\t"), " ") | dict.fromkeys(
    range(0x2000, 0x200B), " "
)
# The joiners belong to the spelling of Persian and Indic domains; beside ASCII or at an end they are dirt.
_STRAY_JOINERS = re.compile(
    "(?:^|(?<=[\x00-\x7f]))[\u200c\u200d]++|(?<![\u200c\u200d])[\u200c\u200d]++(?=[\x00-\x7f]|$)"
)
# What decoding puts where bytes were no text: nobody has that in an address.
_UNREADABLE = "\ufffd"
# Word processors turn the apostrophe of o'neil@ into any of these, and East Asian keyboards widen the @.
_TYPOGRAPHIC = dict.fromkeys(map(ord, "‘’ʼ‛′´＇"), "'") | {ord("＠"): "@"}

# Providers whose domains share their servers; a slow provider must stall only itself.
_FAMILIES: dict[str, int] = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), 1),
    **dict.fromkeys(("outlook.com", "hotmail.com", "live.com", "msn.com", "hotmail.co.uk", "hotmail.fr"), 2),
    **dict.fromkeys(("yahoo.com", "ymail.com", "rocketmail.com", "aol.com", "yahoo.co.uk", "yahoo.fr"), 3),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), 4),
    **dict.fromkeys(("proton.me", "protonmail.com", "pm.me"), 5),
    **dict.fromkeys(("gmx.de", "gmx.net", "gmx.at", "gmx.com", "web.de", "mail.com"), 6),
    **dict.fromkeys(("yandex.ru", "yandex.com", "ya.ru"), 7),
    **dict.fromkeys(("mail.ru", "bk.ru", "inbox.ru", "list.ru"), 8),
}
FAMILY_NAMES: dict[int, str] = {
    1: "Gmail",
    2: "Outlook",
    3: "Yahoo",
    4: "iCloud",
    5: "Proton",
    6: "GMX, WEB.DE",
    7: "Yandex",
    8: "Mail.ru",
}
"""The providers that have a domain group of their own. Any other group is a mixture, and has no name."""
_FIRST_HASHED_GROUP = 16
_HASHED_GROUPS = 48
"""Few enough that a small list is not cut into crumbs, and that a number betrays no single small domain."""


@dataclass(frozen=True, slots=True)
class Address:
    """One address in its normal form."""

    local: str
    """The local part as given: only its own server knows what its case means."""
    domain: str
    """Lower case, A-label (`xn--…`), so that each server and each list sees the same spelling (trust T4)."""

    @property
    def full(self) -> str:
        """What goes on an envelope."""
        return f"{self.local}@{self.domain}"

    @property
    def domain_group(self) -> int:
        """A small number, equal for one domain, and for the domains of one big provider."""
        return domain_group(self.domain)


class Holder(Protocol):
    """A row with an address, such as a Subscriber."""

    address: str


def normalise(text: str) -> Address:
    """The address that a person typed or a file holds. Raises BadAddress with the reason; asks no network."""
    text = text.strip()
    if len(text) > LONGEST_TEXT:
        raise BadAddress(Fault.TOO_LONG)
    if not text.isascii():
        text = _STRAY_JOINERS.sub("", visible(text)).translate(_TYPOGRAPHIC)
    local, at, domain = text.rpartition("@")
    if at and len(local) <= 64 and _PLAIN_LOCAL.fullmatch(local):
        address = Address(local, _domain(domain))
    else:
        address = Address(*_parsed(text))
    if len(address.full.encode()) > MAX_OCTETS:
        raise BadAddress(Fault.TOO_LONG)
    if _UNREADABLE in address.local:
        raise BadAddress(Fault.MALFORMED)
    return address


def visible(text: str) -> str:
    """The text without what nobody sees in it, and with ordinary spaces."""
    return text.strip() if text.isascii() else text.translate(_UNSEEN).translate(_SPACES).strip()


def without_unseen(text: str) -> str:
    """A text of any length in visible characters, whose spaces matter to nobody."""
    # Sign by sign: looking for a sign that is not there is far quicker than translating each of a million signs.
    for sign in () if text.isascii() else map(chr, _UNSEEN):
        text = text.replace(sign, "")
    return text


def domain_of(text: str) -> str:
    """The normal form of a domain that somebody typed. Raises BadAddress."""
    try:
        return _domain(text.strip().removeprefix("@"))
    except BadAddress:
        raise BadAddress(Fault.NO_DOMAIN_NAME) from None


def index(address: Address, *, key: bytes) -> str:
    """The keyed hash by which one address is found; without the key it tells nothing.

    The local part is compared without regard to case: no provider of today gives `Ana@` and `ana@` to two people.
    """
    folded = f"{address.local.lower()}@{address.domain}"
    return hmac.new(key, b"address:" + folded.encode(), hashlib.sha256).hexdigest()


def columns(address: Address, *, key: bytes) -> dict[str, str | int]:
    """The fields of a Subscriber that follow from the address."""
    return {COLUMN: address.full, "address_index": index(address, key=key), "domain_group": address.domain_group}


def opened(value: str) -> str:
    """The address in clear from a value of `COLUMN`."""
    return value


def of(holder: Holder) -> str:
    """The address in clear of one row."""
    return opened(holder.address)


def shown(address: str) -> str:
    """The address with its domain as people write it: `bücher.example`, not its ASCII form."""
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}{idna.decode(domain)}"
    except (idna.IDNAError, UnicodeError):
        return address


def masked(address: str) -> str:
    """For screens that need no more than a hint: ``m…@example.org``."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def domain_group(domain: str) -> int:
    """See `Address.domain_group`."""
    family = _FAMILIES.get(domain)
    return family if family else _FIRST_HASHED_GROUP + zlib.crc32(domain.encode()) % _HASHED_GROUPS


@lru_cache(maxsize=8192)
def _domain(domain: str) -> str:
    return _parsed(f"a@{domain}")[1]


def _parsed(text: str) -> tuple[str, str]:
    try:
        # Sample and intranet domains are real to somebody: a name's fame is not ours to judge.
        found = validate_email(text, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError:
        raise BadAddress(_fault(text)) from None
    if len(found.local_part.encode()) > 64:  # RFC 5321 §4.5.3.1.1 and RFC 6531 §3.3 count octets
        raise BadAddress(Fault.LONG_NAME)
    domain = found.ascii_domain.lower()
    if "." not in domain:
        raise BadAddress(Fault.NO_DOT)
    return found.local_part, domain


def _fault(text: str) -> Fault:
    """The most helpful reason why this is no address. Not the library's: its words are English and repeat the text."""
    local, at, domain = text.rpartition("@")
    tests = {
        Fault.EMPTY: not text,
        Fault.NO_AT: not at,
        Fault.SEVERAL: any(_DIVIDES.search(between) for between in text.split("@")[1:-1]),
        Fault.TWO_SIGNS: "@" in local,
        Fault.WITH_NAME: "<" in local or text.endswith(">"),
        Fault.NO_NAME: not local,
        Fault.NO_DOMAIN: not domain,
        Fault.SPACE: any(character.isspace() for character in text),
        Fault.LONG_NAME: len(local.encode(errors="replace")) > 64,
        Fault.TOO_LONG: len(text.encode(errors="replace")) > MAX_OCTETS,
        Fault.NO_DOT: "." not in domain,
    }
    return next((fault for fault, found in tests.items() if found), Fault.MALFORMED)
