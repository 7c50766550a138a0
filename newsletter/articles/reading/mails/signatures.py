"""Where a mail ends: signature, farewell, disclaimer, quotation; and where its greeting ends. Pure."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from newsletter.articles.reading.mails import mail_words
from newsletter.articles.reading.mails.mail_headers import read_headers, sender_name, tidy
from newsletter.articles.reading.mails.quotations import LONGEST_WROTE, RULE, quoted_at, quotes_below, wrote
from newsletter.articles.reading.pages import paragraphs

_DELIMITER = re.compile(r"(?:--|—|–|---?\s)\s*")
_TELEPHONE = re.compile(r"\+?\d[\d ()/.-]{6,}\d")
_SITE = re.compile(r"www\.|https?://")
_ADDRESS = re.compile(r"(?<![^\s<>@])[^\s<>@]++@[^\s<>@]")
_LONGEST_SIGNATURE = 12
_LONGEST_FAREWELL = 6
SHORT = 60
_MOST_ENDS = 3
_TAIL = 3
"""A disclaimer is looked for in the last third of a text."""
_FAREWELL_WORDS = 3
"""“Thanks to Ben Oar.” is a sentence, “Many thanks.” is not."""


def without_tail(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines of the story, and those from the first that begins the end of a mail."""
    body = next((number for number, line in enumerate(lines) if line.strip()), 0)
    end = len(lines)
    # A disclaimer may stand above the mail that is quoted: it is looked for again when that is off.
    for _again in range(_MOST_ENDS):
        story = lines[:end]
        last = _last_part(story)
        found = next((number for number in range(body + 1, end) if _ends_mail(story, number, last=last)), None)
        if found is None:
            break
        end = found
    return lines[:end], lines[end:]


def _last_part(lines: Sequence[str]) -> int:
    """Where the last third of the lines begins, or the last twelve."""
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return filled[-min(len(filled), max(_LONGEST_SIGNATURE, len(filled) // _TAIL))] if filled else 0


def _ends_mail(lines: Sequence[str], number: int, *, last: int) -> bool:
    line = tidy(lines[number])
    if not line:
        return False
    if _DELIMITER.fullmatch(lines[number]) and not lines[number - 1].strip():
        # Between paragraphs a rule; with nothing but short lines below, a signature.
        exact = lines[number] == "-- " and not _has_sentence(_lines_from(lines, number + 1))
        return (
            exact
            or (line == "--" and not _has_prose(_lines_from(lines, number + 1)))
            or _is_signature(_lines_from(lines, number + 1))
        )
    if mail_words.SENT_FROM.fullmatch(line):
        return True
    if (quoted := quoted_at(lines, number)) is not None:
        return mail_words.ORIGINAL.fullmatch(line) is not None or bool(read_headers(lines, quoted)[0])
    if RULE.fullmatch(line):
        below = _few_below(lines, number)
        return bool(below) and any(mail_words.LIST.search(tail) for tail in below)
    if wrote(lines, number):
        return quotes_below(lines, number) or bool(
            mail_words.SENT_AT.search(f"{line} {lines[number + 1][:LONGEST_WROTE] if number + 1 < len(lines) else ''}")
        )
    return number >= last and _is_disclaimer(lines, number)


def _is_disclaimer(lines: Sequence[str], number: int) -> bool:
    line = tidy(lines[number])
    if mail_words.DISCLAIMER.match(line) or mail_words.EXTERNAL.match(line):
        return True
    if lines[number - 1].strip():
        return False
    paragraph = " ".join(itertools.takewhile(str.strip, _lines_from(lines, number)))
    told = {found[0].casefold() for found in mail_words.COMPANY.finditer(paragraph)}
    return len(told) > 2 or (len(told) == 2 and re.search(r"\d{3}", paragraph) is not None)


def _few_below(lines: Sequence[str], number: int) -> list[str]:
    """The lines below, if they are few and short enough for a signature."""
    below = [
        *itertools.islice(
            (line.strip() for line in _lines_from(lines, number + 1) if line.strip()), _LONGEST_SIGNATURE + 1
        )
    ]
    return below if len(below) <= _LONGEST_SIGNATURE and all(len(line) <= 2 * SHORT for line in below) else []


def _lines_from(lines: Sequence[str], start: int) -> Iterator[str]:
    return (lines[at] for at in range(start, len(lines)))


def _has_sentence(lines: Iterable[str]) -> bool:
    """A long sentence right below: of a story, while a long line without its full stop may be a signature."""
    first = next((line for line in lines if line.strip()), "")
    return paragraphs.ends_sentence(first) and len(first) > SHORT


def _has_prose(lines: Iterable[str]) -> bool:
    """A sentence right below the mark: it parts two sections of a story."""
    first = next((line for line in lines if line.strip()), "")
    return paragraphs.ends_sentence(first) or len(first) > SHORT


def _is_signature(lines: Iterable[str]) -> bool:
    below = [*itertools.islice((line.strip() for line in lines if line.strip()), _LONGEST_SIGNATURE + 1)]
    short = all(len(line) <= SHORT and not paragraphs.ends_sentence(line) for line in below)
    return 0 < len(below) <= _LONGEST_SIGNATURE and short and _is_telling(below)


def _is_telling(lines: Sequence[str]) -> bool:
    """An address, a telephone number, a site."""
    return any(_ADDRESS.search(line) or _TELEPHONE.search(line) or _SITE.search(line) for line in lines)


def signature_start(lines: Sequence[str], start: int, sender: str) -> int:
    """The line where a signature without a mark begins: at the end, the sender's name and how to reach them."""
    parts = {part.casefold() for part in re.findall(r"[^\W\d_]{2,}", sender_name(sender))}
    ends = [at for at in range(start + 1, len(lines)) if lines[at].strip() and not lines[at - 1].strip()]
    begins, told = len(lines), False
    for at in reversed(ends[-2:]):
        block = [line.strip() for line in lines[at:begins] if line.strip()]
        names = parts & {word.casefold() for line in block for word in re.findall(r"[^\W\d_]{2,}", line)}
        short = all(len(line) <= 2 * SHORT and not paragraphs.ends_sentence(line) for line in block)
        if not short or not names or len(block) > _LONGEST_SIGNATURE:
            break
        if not told and not _is_telling(block):
            break
        if told and len(block) > 1:
            break  # above the name only the name again
        begins, told = at, True
    return begins


def greeting_length(lines: Sequence[str]) -> int:
    """How many lines the greeting takes: `Hi,` or `Dear desk,` alone above the story."""
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None or len(lines[first].strip()) > SHORT:
        return 0
    return first + 1 if mail_words.GREETING.fullmatch(tidy(lines[first])) else 0


def farewell_start(lines: Sequence[str], *, from_line: int, is_mail: bool) -> int:
    """The line where `Best,` and a name begin; the number of lines where nobody takes leave.

    In a text that shows no other sign of a mail they may be the story's last words: then a telephone number tells.
    """
    below: list[str] = []
    for number in range(len(lines) - 1, from_line, -1):
        line = tidy(lines[number])
        if not line:
            continue
        below.insert(0, line)
        if len(below) > _LONGEST_SIGNATURE:
            break
        telling = _is_telling(below[1:])
        if (
            (is_mail or telling)
            and mail_words.FAREWELL.fullmatch(line)
            and (telling or len(below) <= _LONGEST_FAREWELL + 1)
            and not (paragraphs.ends_sentence(line) and len(line.split()) >= _FAREWELL_WORDS)
            and all(len(last) <= (2 if telling else 1) * SHORT for last in below)
            and not any(paragraphs.ends_sentence(last) and len(last) > SHORT for last in below)
        ):
            return number
    return len(lines)
