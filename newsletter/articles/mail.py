"""A text that came by mail → its story: headers read; greeting, signature, quotes and disclaimers told apart. Pure.

Every list is closed and matched against whole lines. Only below a mail's headers are greeting and farewell looked for;
a signature's line, “Sent from my telephone”, a quoted mail and a disclaimer end any text that was pasted.
"""

import email.utils
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter.articles import mail_words, page_furniture, paragraphs

_LEAST_HEADERS = 2
_HEADER = re.compile(r"[\s>*_]*(?P<name>[^\W\d_][^:\n*]{0,40}?)[*_]*\s*[:：][*_]*\s*(?P<value>.*?)[*_]*\s*")
_DELIMITER = re.compile(r"(?:--|—|–|---?\s)\s*")
_RULE = re.compile(r"[_\-=*]{8,}\s*")
_ADDRESS = re.compile(r"\s*[<\[(]?(?:mailto:)?[^\s<>@]+@[^\s<>@]+[>\])]?\s*")
_LONGEST_SIGNATURE = 12
_LONGEST_FAREWELL = 6
_SHORT = 60
_TAIL = 3
"""A disclaimer is looked for in the last third of a text."""
_FAREWELL_WORDS = 3
"""“Thanks to Ben Oar.” is a sentence, “Many thanks.” is not."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail, told apart; of a text that is none only ``text`` and perhaps ``below``."""

    text: str
    """The story."""
    is_mail: bool = False
    subject: str = ""
    sender: str = ""
    sent_at: datetime | None = None
    above: tuple[str, ...] = ()
    """What stood above the story: headers, greeting; in paragraphs."""
    below: tuple[str, ...] = ()
    """Farewell, signature, quoted mails, disclaimers."""


def read(text: str) -> Letter:
    """The story in a text that may be a mail, or the end of one."""
    lines = text.split("\n")
    headers, start = _innermost(lines)
    story, below = _without_tail(lines[start:])
    greeting = 0
    if headers:
        greeting = _greeting(story)
        farewell = _farewell(story, from_line=greeting)
        story, below = story[:farewell], [*story[farewell:], *below]
    subject, sender, sent = (headers.get(name, "") for name in ("subject", "from", "date"))
    return Letter(
        text="\n".join(story[greeting:]).strip("\n"),
        is_mail=bool(headers),
        subject=_subject(subject),
        sender=_name(sender),
        sent_at=_moment(sent),
        above=(*_paragraphs(lines[:start]), *_paragraphs(story[:greeting])),
        below=_paragraphs(below),
    )


def _innermost(lines: Sequence[str]) -> tuple[dict[str, str], int]:
    """The headers above the story and the line below them; of a mail that was forwarded, those of the inner one."""
    headers, at = _headers(lines, 0)
    while True:
        mark = _forwarded(lines, at)
        if mark is None:
            return headers, at
        inner, below = _headers(lines, mark)
        if not inner:
            return headers, at
        headers, at = inner, below


def _forwarded(lines: Sequence[str], start: int) -> int | None:
    """The line below “Begin forwarded message:” where only a few words stand above it."""
    words, told = 0, False
    for number, line in enumerate(lines[start : start + 40], start=start):
        if mail_words.FORWARDED.fullmatch(line.strip()):
            return number + 1
        if not told and _RULE.fullmatch(line.strip()) and _headers(lines, number + 1)[0]:
            return number + 1
        words += len(line.split())
        # Outlook draws the same line above a mail that is answered: then the story stands above it.
        told = told or (paragraphs.ends_sentence(line) and len(line) >= _SHORT)
        if words > _SHORT:
            return None
    return None


def _headers(lines: Sequence[str], start: int) -> tuple[dict[str, str], int]:
    """The header lines from ``start`` on by their English names, and the line below; none if they are too few."""
    found: dict[str, str] = {}
    name, at, last = "", start, start
    while at < len(lines):
        line = lines[at]
        header = _HEADER.fullmatch(line)
        meant = mail_words.HEADERS.get(_plain(header["name"])) if header else None
        if header and meant:
            name = meant
            found.setdefault(name, header["value"].strip())
        elif header and found and re.fullmatch(r"[A-Z][A-Za-z]*(?:-[A-Za-z0-9]+)+", header["name"]):
            name = "other"  # Message-ID, X-Mailer and whatever else has a hyphen
        elif name and line[:1] in " \t" and line.strip():
            found[name] = f"{found.get(name, '')} {line.strip()}".strip()
        elif line.strip() or (found and not _headers_go_on(lines, at)):
            break
        at += 1
        if line.strip():
            last = at
    # A line that says only “Date: …” or “From: …” may be the story's own.
    return (found, last) if len(found) >= _LEAST_HEADERS and found.keys() & {"from", "to", "subject"} else ({}, start)


def _headers_go_on(lines: Sequence[str], blank: int) -> bool:
    """A blank line among headers, as mails copied from a window have them."""
    following = next((line for line in lines[blank:] if line.strip()), "")
    header = _HEADER.fullmatch(following)
    return bool(header and _plain(header["name"]) in mail_words.HEADERS)


def _without_tail(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines of the story, and those from the first that begins the end of a mail."""
    body = next((number for number, line in enumerate(lines) if line.strip()), 0)
    for number in range(body + 1, len(lines)):
        if _ends_mail(lines, number):
            return lines[:number], lines[number:]
    return lines, []


def _ends_mail(lines: Sequence[str], number: int) -> bool:
    line = lines[number].strip()
    if not line:
        return False
    if _DELIMITER.fullmatch(lines[number]) and not lines[number - 1].strip():
        # Between paragraphs a rule; with nothing but short lines below, a signature.
        exact = lines[number] == "-- " or (line == "--" and not _has_prose(lines[number + 1 :]))
        return exact or _is_signature(lines[number + 1 :])
    if mail_words.SENT_FROM.fullmatch(line):
        return True
    if mail_words.ORIGINAL.fullmatch(line) or (_RULE.fullmatch(line) and _headers(lines, number + 1)[0]):
        return True
    if not lines[number - 1].strip() and _headers(lines, number)[0].keys() >= {"from", "subject"}:
        return True
    two = f"{line} {lines[number + 1].strip() if number + 1 < len(lines) else ''}".strip()
    if mail_words.WROTE.fullmatch(line) or (mail_words.WROTE.fullmatch(two) and not line.endswith(".")):
        following = [one for one in lines[number + 1 :] if one.strip()]
        return bool(following) and any(one.lstrip().startswith(">") for one in following[:3])
    return bool(mail_words.DISCLAIMER.match(line)) and number >= len(lines) - max(12, len(lines) // _TAIL)


def _has_prose(lines: Sequence[str]) -> bool:
    """A sentence right below the mark: it parts two sections of a story."""
    first = next((line for line in lines if line.strip()), "")
    return paragraphs.ends_sentence(first) or len(first) > _SHORT


def _is_signature(lines: Sequence[str]) -> bool:
    below = [line.strip() for line in lines if line.strip()]
    short = all(len(line) <= _SHORT and not paragraphs.ends_sentence(line) for line in below)
    telling = any(_ADDRESS.search(line) or re.search(r"\+?\d[\d ()/-]{6,}|www\.|https?://", line) for line in below)
    return 0 < len(below) <= _LONGEST_SIGNATURE and short and telling


def _greeting(lines: Sequence[str]) -> int:
    """How many lines the greeting takes: `Hi,` or `Dear desk,` alone above the story."""
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None or len(lines[first].strip()) > _SHORT:
        return 0
    return first + 1 if mail_words.GREETING.fullmatch(lines[first].strip()) else 0


def _farewell(lines: Sequence[str], *, from_line: int) -> int:
    """The line where `Best,` and a name begin; the number of lines where nobody takes leave."""
    for number in range(len(lines) - 1, from_line, -1):
        below = [line.strip() for line in lines[number:] if line.strip()]
        if len(below) > _LONGEST_SIGNATURE:
            break
        if (
            mail_words.FAREWELL.fullmatch(lines[number].strip())
            and len(below) <= _LONGEST_FAREWELL + 1
            and not (paragraphs.ends_sentence(lines[number]) and len(lines[number].split()) >= _FAREWELL_WORDS)
            and all(len(line) <= _SHORT for line in below)
        ):
            return number
    return len(lines)


def _subject(raw: str) -> str:
    """Without `Re:`, `Fwd:`, `AW:`."""
    return mail_words.REPLY.sub("", " ".join(raw.split())).strip()


def _name(raw: str) -> str:
    """The person's name in a sender; an address alone names nobody."""
    name = email.utils.parseaddr(raw)[0] or re.sub(r"[<\[(].*", "", raw)
    name = name.strip(" \"'*")
    if "@" in name or not name:
        return ""
    parts = [part.strip() for part in name.split(",")]
    # Outlook writes “Quill, Ada”.
    return f"{parts[1]} {parts[0]}" if len(parts) == 2 and all(len(part.split()) <= 2 for part in parts) else name


def _moment(raw: str) -> datetime | None:
    if not raw:
        return None
    try:
        moment = email.utils.parsedate_to_datetime(raw)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        return page_furniture.read_date(raw)


def _paragraphs(lines: Sequence[str]) -> tuple[str, ...]:
    parts = re.split(r"\n\s*\n", "\n".join(lines))
    cleaned = (" ".join(part.split()) for part in parts)
    return tuple(part for part in cleaned if any(character.isalnum() for character in part))


def _plain(name: str) -> str:
    return " ".join(name.replace("\u200c", " ").casefold().split())
