"""A mail within a mail: forwarded below a note, or answered above what it quotes. Pure."""

import itertools
import re
from collections.abc import Sequence

from newsletter.articles.reading.mails import mail_words
from newsletter.articles.reading.mails.mail_headers import read_headers, tidy
from newsletter.articles.reading.mails.quotations import quoted_at, quotes_below, wrote
from newsletter.articles.reading.mails.signatures import farewell_start, greeting_length, without_tail

_LONGEST_NOTE = 40
"""Lines above a mail that was forwarded."""
_MOST_NOTED = 60
"""Words of them."""
_FEW_WORDS = 25
_LEAST_FORWARDED = 30


def without_quote(lines: list[str], start: int) -> int:
    """Where a mail answers below what it quotes, the line below that; where it quotes a story, the quoted lines."""
    first = next((at for at in range(start, min(len(lines), start + _LONGEST_NOTE)) if _is_answered(lines, at)), None)
    own = _own_words(lines[start:first]) if first is not None else 0
    if first is None or own > _FEW_WORDS:
        return start
    begins = first + (1 if mail_words.WROTE.fullmatch(tidy(lines[first])) else 2)
    end = begins
    while end < len(lines) and (not lines[end].strip() or lines[end].lstrip().startswith(">")):
        end += 1
    below = sum(len(line.split()) for line in lines[end:] if not line.lstrip().startswith(">"))
    if below >= _LEAST_FORWARDED:
        return end
    if sum(len(line.split()) for line in lines[begins:end]) < max(_LEAST_FORWARDED, 2 * own):
        return start
    lines[begins:end] = [re.sub(r"^\s*>[ ]?", "", line) for line in lines[begins:end]]
    return begins


def _is_answered(lines: Sequence[str], number: int) -> bool:
    """“Ada wrote:”, and below it the signs of a quotation."""
    return wrote(lines, number) and quotes_below(lines, number)


def innermost(lines: Sequence[str]) -> tuple[dict[str, str], int]:
    """The headers above the story and the line below them; of a mail that was forwarded, those of the inner mail."""
    headers, at = read_headers(lines, 0)
    words_below = _words_below(lines)
    while True:
        mark = _forwarded(lines, at, words_below, told=bool(mail_words.FORWARDS.match(headers.get("subject", ""))))
        if mark is None:
            return headers, at
        inner, below = read_headers(lines, mark)
        if not inner:
            return headers, at
        headers, at = inner, below


def _forwarded(lines: Sequence[str], start: int, words_below: Sequence[int], *, told: bool) -> int | None:
    """The line where the headers of a mail begin that was forwarded below a few words.

    The same line stands above a mail that is answered: the mail that is quoted is the story when it is long and what
    stands above it is a note, and not when a story stands above. ``told``: the subject says that it was forwarded.
    """
    for number, line in enumerate(lines[start : start + _LONGEST_NOTE], start=start):
        mark = quoted_at(lines, number)
        if mark is None or not read_headers(lines, mark)[0]:
            continue
        note = lines[start:number]
        if mail_words.FORWARDED.fullmatch(tidy(line)):
            return mark if sum(len(noted.split()) for noted in note) <= _MOST_NOTED else None
        return mark if is_forward(own=_own_words(note), quoted=words_below[mark], told=told) else None
    return None


def is_forward(*, own: int, quoted: int, told: bool = False) -> bool:
    """By the words of the note and of the mail below it; ``told``: the subject says that it was forwarded."""
    return own <= (_MOST_NOTED if told else _FEW_WORDS) and quoted >= max(_LEAST_FORWARDED, 2 * own)


def _words_below(lines: Sequence[str]) -> list[int]:
    """How many words stand from each line on."""
    counted = itertools.accumulate((len(line.split()) for line in reversed(lines)), initial=0)
    return [*counted][::-1]


def _own_words(note: Sequence[str]) -> int:
    """The words of a note, without the greeting, the name and the disclaimer below them."""
    lines, _ = without_tail(list(note))
    own = lines[greeting_length(lines) : farewell_start(lines, from_line=0, is_mail=True)]
    return sum(len(line.split()) for line in own)
