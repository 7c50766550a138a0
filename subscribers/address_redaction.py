"""Redacts one reader's address in a text, however its parts are spelled or escaped, and nobody else's. Pure.

`ann@example.org` stands neither in `joann@example.org` nor in `ann@example.org.uk`: whoever erases one person must not
destroy another.
"""

import html
import re
import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html.entities import codepoint2name
from typing import Any, Literal
from unicodedata import normalize
from urllib.parse import unquote

from subscribers import addresses

HIDDEN = "…"
# How files, logs and web pages write an at-sign.
_AT = (
    r"\s{0,3}+(?:[@＠]|%(?:25)?40|[=+]40|\\x40|\\u0040|&#0{0,4}64;|&#x0{0,4}40;|&commat;|\((?:at|@)\)|\[(?:at|@)\])\s{0,3}+"
    r"|\s{1,3}+at\s{1,3}+"
)
_APOSTROPHES = "'’ʼ‘‛′´＇"
_FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
_LONGEST_LOCAL = 640
"""Characters: 64, each written in ten, as in `%25C3%25BC`."""
_FAR = 8 * _LONGEST_LOCAL
"""More than there is between a name and the end of its domain, in any writing."""
# The characters of a longer local part. Those that only RFC 5322 allows there end words in real texts.
_NAME = re.compile(r"[\w.'’+~!$*^-]++")
_BACKSLASHED = re.compile(r"\\(?:U(00(?:0[0-9A-Fa-f]|10)[0-9A-Fa-f]{4})|u([0-9A-Fa-f]{4})|[x']([0-9A-Fa-f]{2})|[nrt])")
# Quoted-printable (RFC 2045 §6.7) of brackets, quotation marks, blanks, a plus, and letters beyond ASCII.
_QUOTED = re.compile("=(?:3[ACD]|2[02B]|[C-F][0-9A-F](?:=[89AB][0-9A-F])*+)")
# The rest of a longer domain. Neither a sentence right behind a full stop nor the extension of a file is a part of it.
_DOMAIN_GOES_ON = re.compile(r"(?:-*+|\.(?![A-Z][a-z]|(?i:csv|tsv|tab|txt|xlsx?|ods|json|xml|vcf)\b))([^\W_])")
_RUN = re.compile("[A-Za-z0-9]+")


def redacted(address: str, text: str) -> str:
    """The text with an ellipsis for the address."""
    done, kept = 0, []
    for start, end in _found(address, text):
        kept.append(text[done:start] + HIDDEN)
        done = end
    return "".join(kept) + text[done:]


def mentions(address: str, text: str) -> bool:
    """Whether the address stands in the text."""
    return next(_found(address, text), None) is not None


def is_spelling_of(address: str, text: str) -> bool:
    """Whether the text is the address, and nothing else."""
    return _pattern(address).fullmatch(text) is not None


def redacted_json(address: str, value: Any) -> Any:
    """A value of JSON with an ellipsis for the address, in the keys of its objects, too."""
    if isinstance(value, dict):
        return {redacted_json(address, key): redacted_json(address, item) for key, item in value.items()}
    if isinstance(value, list):
        return [redacted_json(address, item) for item in value]
    return redacted(address, value) if isinstance(value, str) else value


@lru_cache(maxsize=64)
def needles(address: str) -> tuple[str, ...]:
    """ASCII letters and digits that every spelling holds, in some case: what a database can look for first."""
    local, _at, domain = address.rpartition("@")
    written = addresses.shown(address).rpartition("@")[2].split(".")
    alike = [run for label in domain.split(".") if label in written for run in _RUN.findall(label)]
    return tuple(max(runs, key=len) for runs in (_RUN.findall(local), alike) if runs)


def likely(address: str, texts: Iterable[str]) -> Iterator[str]:
    """The texts that may hold the address, without their invisible characters; the texts left out do not hold it."""
    together = addresses.without_unseen("\0".join(texts))
    *first, last = needles(address) or ("",)
    done = 0
    for found in re.finditer(re.escape(last), together, re.IGNORECASE | re.ASCII):
        if found.start() < done:
            continue
        before = together[max(0, found.start() - _FAR) : found.start()].rpartition("\0")[2].lower()
        if all(needle.lower() in before for needle in first):
            begin, end = together.rfind("\0", 0, found.start()) + 1, together.find("\0", found.end())
            done = len(together) if end < 0 else end + 1
            yield together[begin:done].rstrip("\0")


def _found(address: str, text: str) -> Iterator[tuple[int, int]]:
    folded = text.lower()
    if not all(needle.lower() in folded for needle in needles(address)):
        return
    for found in _pattern(address).finditer(text):
        if not _is_longer(found, text):
            yield found.span()


def _is_longer(found: re.Match[str], text: str) -> bool:
    """Whether the match is the end or the beginning of a longer address."""
    before = _word_before(text, found.start("local"))
    *_earlier, (name, ends) = ("", 0), *((run[0], run.end()) for run in _NAME.finditer(before))
    if ends == len(before) and any(_glued(_read(found["local"])[0], sign) for sign in name):
        return True
    further = _DOMAIN_GOES_ON.match(text, found.end("domain"))
    return bool(further and _glued(found["domain"][-1], further[1]))


def _word_before(text: str, at: int) -> str:
    """The word right before a position of the text, its escapes read; empty after a blank, which no local part has."""
    before = text[max(0, at - _LONGEST_LOCAL) : at]
    return _read(before.rsplit(maxsplit=1)[-1]) if before and not before[-1].isspace() else ""


def _glued(ours: str, other: str) -> bool:
    """Whether two neighbouring characters belong to one word: many languages write a word right behind a Latin word."""
    return other.isalnum() and (not ours.isascii() or other < "\u0250")


def _read(text: str) -> str:
    """The text with the escapes of files, logs and web addresses decoded."""
    text = _BACKSLASHED.sub(
        lambda escape: f"%{escape[3]}" if escape[3] else chr(int(escape[1] or escape[2] or "20", 16)), text
    )
    # JSON escapes a character beyond U+FFFF as a surrogate pair.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = _QUOTED.sub(lambda escape: escape[0].replace("=", "%"), text)
    return normalize("NFC", html.unescape(_unquoted(_unquoted(text))))


def _unquoted(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return unquote(text, "latin-1")


@lru_cache(maxsize=64)
def _pattern(address: str) -> re.Pattern[str]:
    local, _at, domain = address.rpartition("@")
    domains = "|".join(_any(spelling) for spelling in sorted({domain, addresses.shown(address).rpartition("@")[2]}))
    return re.compile(f'<?"?(?P<local>{_any(local)})"?(?:{_AT})(?P<domain>{domains})>?', re.IGNORECASE)


def _any(part: str) -> str:
    """The pattern of a part of an address: each of its characters in any spelling."""
    return "".join(_any_of_sign(sign) for sign in normalize("NFC", part))


@lru_cache(maxsize=256)
def _any_of_sign(sign: str) -> str:
    """The pattern of a character: plain, composed or decomposed, or escaped, which needs each case spelled out."""
    if _is_plain(sign):
        return sign
    alike = _APOSTROPHES if sign == "'" else [case for case in (sign, sign.lower(), sign.upper()) if len(case) == 1]
    forms = {normalize(form, case) for case in alike for form in _FORMS}
    spellings = {"".join(map(spelled, form)) for form in forms for spelled in (re.escape, _escaped)}
    return f"(?:{'|'.join(sorted(spellings, key=len, reverse=True))})"


def _escaped(sign: str) -> str:
    if _is_plain(sign):
        return sign
    octets, number = sign.encode(), ord(sign)
    spellings = [
        "".join(f"%(?:25)?{octet:02x}" for octet in octets),
        "".join(f"={octet:02x}" for octet in octets),
        "".join(rf"\\x{octet:02x}" for octet in octets),
        rf"\\(?:u{number:04x}|x{number:02x}|U{number:08x})",
        f"&#0{{0,4}}{number};",
        f"&#x0{{0,4}}{number:x};",
    ]
    if 0xC0 <= number <= 0xFF:
        # Latin-1, and RTF. A lower octet may be the end of another character in UTF-8.
        spellings.append(rf"(?:%(?:25)?|=|\\'){number:02x}")
    if number > 0xFFFF:
        # JSON escapes it as a surrogate pair.
        spellings.append("".join(rf"\\u{unit:04x}" for unit in struct.unpack(">2H", sign.encode("utf-16-be"))))
    if name := codepoint2name.get(number):
        spellings.append(f"&{name};")
    return f"(?:{'|'.join(spellings)})"


def _is_plain(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()
