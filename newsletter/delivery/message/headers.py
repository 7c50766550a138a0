"""The strict header writer: every header of every mail is encoded here, and nothing that was typed can add another.

Python's own writer turns a long List-Unsubscribe into an encoded-word and lets an encoded newline through
(CVE-2024-6923), hence a writer of our own (trust F4, F5). Pure.
"""

import base64
import re
from collections.abc import Sequence

import idna

from newsletter.errors import NewsletterError

LINE = 78
"""RFC 5322 §2.1.1: where a line should end, CRLF not counted."""
ENCODED_WORD = 75
ENCODED_LINE = 76
"""RFC 2047 §2: the longest encoded-word, and the longest line that holds an encoded-word."""
HARD_LINE = 998
"""RFC 5322 §2.1.1: where a line must end."""
LONGEST_WORD = 70
"""An ASCII word longer than this is encoded, so that the line can be folded."""

_FORBIDDEN = re.compile(r"[\r\n\x00]")
# C0, DEL, C1, the line and paragraph separators, and lone surrogates, which no UTF-8 can carry.
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_ATEXT = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~\-"
_ATOMS = re.compile(rf"[{_ATEXT}]+(?: [{_ATEXT}]+)*")
_LOCAL = re.compile(rf"[{_ATEXT}]+(?:\.[{_ATEXT}]+)*")
# RFC 6532 §3.2, without the no-break space, the separators and the marks that reorder what is read.
_UTEXT = rf"{_ATEXT}\u00a1-\u2027\u202f-\ud7ff\ue000-\U0010ffff"
_LOCAL_UTF8 = re.compile(rf"[{_UTEXT}]+(?:\.[{_UTEXT}]+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_VISIBLE = re.compile(r"[!-~]+")
# Safe in every place an encoded-word may stand, a phrase included (RFC 2047 §5 (3)).
_Q_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")


class InvalidHeader(NewsletterError, ValueError):
    """A value that must not stand in a header. The text names the header, never the value.

    ``header``: its name; empty where an address was refused before it was known for which header.
    """

    def __init__(self, text: str, *, header: str = "") -> None:
        super().__init__(text)
        self.header = header


def tidy(text: str) -> str:
    """On one line: controls and separators become a space, runs of blanks one blank."""
    return " ".join(_ODD.sub(" ", text).split())


def unstructured(name: str, value: str) -> bytes:
    """A header whose value is prose, such as Subject: folded, encoded only where it has to be."""
    text = _checked(name, value)
    if _needs_encoding(text) or any(len(word) > LONGEST_WORD for word in text.split(" ")):
        return _encoded(name, text) + b"\r\n"
    return _folded(name, text.split(" "))


def mailbox(name: str, *, display: str, address: str) -> bytes:
    """A header that holds one mailbox: From, To, Reply-To. A non-ASCII local part stays raw (RFC 6532)."""
    spec = f"<{address}>" if display else address
    if not is_address(address):
        raise InvalidHeader(f"{name} holds something that is no e-mail address.", header=name)
    text = _checked(name, display)
    if not text:
        return f"{_named(name)}: {spec}\r\n".encode()
    if _needs_encoding(text) or len(text) > LONGEST_WORD:
        head = _encoded(name, text)
        last = len(head) - (head.rfind(b"\n") + 1)
        glue = b" " if last + 1 + len(spec.encode()) <= ENCODED_LINE else b"\r\n "
        return head + glue + spec.encode() + b"\r\n"
    return _folded(name, [phrase(text), spec])


def phrase(text: str) -> str:
    """ASCII words as a phrase: bare where they are atoms, else a quoted string (RFC 5322 §3.2.4)."""
    if _ATOMS.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def structured(name: str, parts: Sequence[str]) -> bytes:
    """A header of visible ASCII parts joined by single blanks, folded only there; never an encoded-word."""
    if not parts or not all(_VISIBLE.fullmatch(part) for part in parts):
        raise InvalidHeader(f"{name} may hold visible ASCII only.", header=name)
    if any(len(part) + len(name) + 2 > HARD_LINE for part in parts):
        raise InvalidHeader(f"{name} is too long for a line of mail.", header=name)
    return _folded(name, parts)


def is_address(address: str) -> bool:
    """True for a dot-atom at a host name of A-labels; the local part may be non-ASCII, quoted ones are not taken."""
    local, at, domain = address.rpartition("@")
    if not at or len(local.encode(errors="replace")) > 64 or len(address.encode(errors="replace")) > 254:
        return False
    return bool(_LOCAL_UTF8.fullmatch(local)) and is_host(domain)


def is_ascii_local(address: str) -> bool:
    """True when the local part needs no SMTPUTF8 (RFC 6531)."""
    return bool(_LOCAL.fullmatch(address.rpartition("@")[0]))


def is_host(domain: str) -> bool:
    """True for dot-separated A-labels, at most 253 characters."""
    return len(domain) <= 253 and all(_LABEL.fullmatch(label) for label in domain.split("."))


def with_a_label(address: str) -> str:
    """The address with its domain as A-labels (IDNA 2008, with UTS 46 mapping). Raises InvalidHeader."""
    local, at, domain = address.strip().rpartition("@")
    if not at:
        raise InvalidHeader("There is no @ in this address.")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except (idna.IDNAError, UnicodeError) as error:
            raise InvalidHeader("The domain of this address is no domain name.") from error
    return f"{local}@{domain.lower()}"


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InvalidHeader("That is no name for a header.")
    return name


def _checked(name: str, value: str) -> str:
    _named(name)
    if _FORBIDDEN.search(value):
        raise InvalidHeader(f"{name} must be one line of text.", header=name)
    return tidy(value)


def _needs_encoding(text: str) -> bool:
    # A receiver could read "=?" as an encoded-word, so it is hidden inside an encoded-word of ours.
    return not text.isascii() or "=?" in text


def _folded(name: str, words: Sequence[str]) -> bytes:
    lines, line = [], f"{_named(name)}:"
    for position, word in enumerate(words):
        # The first word stays beside the name: a line of blanks only would be obsolete syntax.
        if position and len(line) + 1 + len(word) > LINE:
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join([*lines, line, ""]).encode()


def _encoded(name: str, text: str) -> bytes:
    """The whole text as encoded-words (RFC 2047 §2), each on its line, no character split; without the last CRLF."""
    data = text.encode()
    as_q = _q_size(data) <= -(-len(data) // 3) * 4
    words: list[bytes] = []
    room = ENCODED_LINE - len(name) - 2
    taken, cost = b"", 0
    for character in text:
        raw = character.encode()
        price = _q_size(raw)
        size = cost + price if as_q else -(-(len(taken) + len(raw)) // 3) * 4
        if size + 12 > min(room, ENCODED_WORD):
            words.append(_word(taken, as_q=as_q))
            room, taken, cost = ENCODED_LINE - 1, b"", 0
        taken, cost = taken + raw, cost + price
    words.append(_word(taken, as_q=as_q))
    return f"{name}: ".encode() + b"\r\n ".join(words)


def _q_size(data: bytes) -> int:
    return sum(1 if byte in _Q_PLAIN or byte == 0x20 else 3 for byte in data)


def _word(data: bytes, *, as_q: bool) -> bytes:
    if not as_q:
        return b"=?utf-8?b?" + base64.b64encode(data) + b"?="
    coded = "".join(chr(b) if b in _Q_PLAIN else "_" if b == 0x20 else f"={b:02X}" for b in data)
    return b"=?utf-8?q?" + coded.encode() + b"?="
