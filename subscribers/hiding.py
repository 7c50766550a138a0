"""Finds one person's address in words, however its parts are spelled, and nobody else's. Pure.

`ann@example.org` stands neither in `joann@example.org` nor in `ann@example.org.uk`: whoever erases one person must not
destroy another.
"""

import html
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal
from unicodedata import normalize
from urllib.parse import quote

from subscribers import addresses

HIDDEN = "…"
# How files, logs and web pages write an at-sign.
_AT = (
    r"\s{0,3}+(?:[@＠]|%(?:25)?40|[=+]40|\\x40|\\u0040|&#0{0,4}64;|&#x0{0,4}40;|&commat;|\((?:at|@)\)|\[(?:at|@)\])\s{0,3}+"
    r"|\s{1,3}+at\s{1,3}+"
)
_APOSTROPHES = "['’ʼ‘‛′´＇]"
_FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
_LONGEST_LOCAL = 64
# What a longer name before it would be made of. Signs that only the standard allows there end words in real texts.
_NAME = re.compile(r"(?:[\w.'’+~!$*^-]|%(?:25)?(?:2[BDE7]|5F)|=2B)++", re.IGNORECASE)
# Signs in the writing of web addresses that are no part of a name, such as %3C.
_ESCAPED = re.compile(r"%(?!(?:25)?(?:2[BDE7]|5F))(?:25)?[0-9A-F]{2}|=(?:3[CDA]|2[02])")
# Of a longer domain. A sentence that begins right behind a full stop is none, nor is the ending of a file's name.
_DOMAIN_GOES_ON = re.compile(r"(?:-*+|\.(?![A-Z][a-z]|(?i:csv|tsv|tab|txt|xlsx?|ods|json|xml|vcf)\b))([^\W_])")
_RUN = re.compile("[A-Za-z0-9]+")


def without(address: str, text: str) -> str:
    """The text with an ellipsis for the address."""
    done, kept = 0, []
    for start, end in _found(address, text):
        kept.append(text[done:start] + HIDDEN)
        done = end
    return "".join(kept) + text[done:]


def names(address: str, text: str) -> bool:
    """Whether the address stands in the text."""
    return next(_found(address, text), None) is not None


def named_in(address: str, value: object) -> bool:
    """Whether it stands in a value such as JSON holds, the keys of its objects among them."""
    if isinstance(value, dict):
        return any(named_in(address, one) for pair in value.items() for one in pair)
    if isinstance(value, list):
        return any(named_in(address, one) for one in value)
    return isinstance(value, str) and names(address, value)


@lru_cache(maxsize=64)
def needles(address: str) -> tuple[str, ...]:
    """ASCII letters and digits that every spelling holds, in some case: what a database can look for first."""
    local, _at, domain = address.rpartition("@")
    written = addresses.shown(address).rpartition("@")[2].split(".")
    alike = [run for label in domain.split(".") if label in written for run in _RUN.findall(label)]
    return tuple(max(runs, key=len) for runs in (_RUN.findall(local), alike) if runs)


def _found(address: str, text: str) -> Iterator[tuple[int, int]]:
    for found in _pattern(address).finditer(text):
        if not _is_longer(found, text):
            yield found.span()


def _is_longer(found: re.Match[str], text: str) -> bool:
    """Whether it is the end or the beginning of another address."""
    begins = found.start("local")
    before = _ESCAPED.sub(" ", text[max(0, begins - _LONGEST_LOCAL) : begins])
    *_earlier, (name, ends) = ("", 0), *((run[0], run.end()) for run in _NAME.finditer(before))
    if ends == len(before) and any(_glued(found["local"][0], sign) for sign in name):
        return True
    further = _DOMAIN_GOES_ON.match(text, found.end("domain"))
    return bool(further and _glued(found["domain"][-1], further[1]))


def _glued(ours: str, other: str) -> bool:
    """Whether both belong to one word: many languages write a word right behind a Latin one."""
    return other.isalnum() and (not ours.isascii() or other < "\u0250")


@lru_cache(maxsize=64)
def _pattern(address: str) -> re.Pattern[str]:
    local, _at, domain = address.rpartition("@")
    domains = {domain, addresses.shown(address).rpartition("@")[2]}
    locals_ = {local, html.escape(local), quote(local, safe=""), quote(local), local.replace("+", "=2B")}
    return re.compile(
        f'<?"?(?P<local>{_any(locals_)})"?(?:{_AT})(?P<domain>{_any(domains | {quote(one) for one in domains})})>?',
        re.IGNORECASE,
    )


def _any(spellings: set[str]) -> str:
    """One of them, composed or decomposed."""
    forms = {normalize(form, one) for one in spellings for form in _FORMS}
    return "|".join(re.escape(one).replace("'", _APOSTROPHES) for one in sorted(forms, key=len, reverse=True))
