"""A text that came by mail → its story: headers read; greeting, signature, quotes and disclaimers told apart. Pure.

Every list is closed and matched against whole lines. Only below a mail's headers are greeting and farewell looked for;
a signature's line, “Sent from my telephone”, a quoted mail and a disclaimer end any text that was pasted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.articles.reading.mails import mail_words
from newsletter.articles.reading.mails.forwards import innermost, without_quote
from newsletter.articles.reading.mails.mail_headers import plain_subject, sender_name, sent_at
from newsletter.articles.reading.mails.signatures import (
    SHORT,
    farewell_start,
    greeting_length,
    signature_start,
    without_tail,
)


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
    """The story in a text that may be a mail, or the end of a mail."""
    return told_apart(text.split("\n"))[0]


def told_apart(lines: list[str]) -> tuple[Letter, range]:
    """The story in lines that may be a mail, and which of them it is."""
    lines = [*lines]
    headers, start = innermost(lines)
    start = _below_banner(lines, start, is_mail=bool(headers))
    start = without_quote(lines, start)
    story, below = without_tail(lines[start:])
    greeting = greeting_length(story) if headers else 0
    if headers:
        signature = signature_start(story, greeting, headers.get("from", ""))
        story, below = story[:signature], [*story[signature:], *below]
    farewell = farewell_start(story, from_line=greeting, is_mail=bool(headers or below))
    story, below = story[:farewell], [*story[farewell:], *below]
    subject, sender, sent = (headers.get(name, "") for name in ("subject", "from", "date"))
    letter = Letter(
        text="\n".join(story[greeting:]).strip("\n"),
        is_mail=bool(headers),
        subject=plain_subject(subject),
        sender=sender_name(sender),
        sent_at=sent_at(sent),
        above=(*_paragraphs(lines[:start]), *_paragraphs(story[:greeting])),
        below=_paragraphs(below),
    )
    return letter, range(start + greeting, start + len(story))


def _below_banner(lines: list[str], start: int, *, is_mail: bool) -> int:
    """The line below “CAUTION: This email originated from outside”; a tag before the story's first words is cut off."""
    while True:
        first = next((at for at in range(start, len(lines)) if lines[at].strip()), len(lines))
        end = next((at for at in range(first, len(lines)) if not lines[at].strip()), len(lines))
        paragraph = " ".join(lines[first:end])
        tag = mail_words.EXTERNAL_TAG.match(lines[first]) if is_mail and first < end else None
        rest = " ".join([lines[first][tag.end() :], *lines[first + 1 : end]]) if tag else paragraph
        if mail_words.EXTERNAL.match(rest) or (tag and len(paragraph) <= SHORT):
            start = end
            continue
        if tag:
            lines[first] = lines[first][tag.end() :]
        return start


def _paragraphs(lines: Sequence[str]) -> tuple[str, ...]:
    parts = re.split(r"\n\s*\n", "\n".join(lines))
    cleaned = (" ".join(part.split()) for part in parts)
    return tuple(part for part in cleaned if any(character.isalnum() for character in part))
