"""A text that came by mail → its story: headers read; greeting, signature, quotes and disclaimers told apart. Pure.

Every list is closed and matched against whole lines. Only below a mail's headers are greeting and farewell looked for;
a signature's line, “Sent from my telephone”, a quoted mail and a disclaimer end any text that was pasted.
"""

import email.utils
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter.articles.reading.mails import mail_words
from newsletter.articles.reading.pages import page_furniture, paragraphs

_LEAST_HEADERS = 2
_MOST_LINES, _MOST_QUOTED_LINES = 200, 40
"""Of the headers of a mail, and of one that is quoted."""
_HEADER = re.compile(r"[\s>*_]*+(?P<name>[^\W\d_][^:：\n*]{0,40}?)[*_]*+\s*+[:：](?P<value>.*)")
_DELIMITER = re.compile(r"(?:--|—|–|---?\s)\s*")
_RULE = re.compile(r"[_\-=*]{8,}\s*")
_TELEPHONE = re.compile(r"\+?\d[\d ()/.-]{6,}\d")
_SITE = re.compile(r"www\.|https?://")
_ADDRESS = re.compile(r"(?<![^\s<>@])[^\s<>@]++@[^\s<>@]")
_LONGEST_SIGNATURE = 12
_LONGEST_FAREWELL = 6
_SHORT = 60
_LONGEST_NOTE = 40
"""Lines above a mail that was forwarded."""
_MOST_NOTED = 60
"""Words of them."""
_FEW_WORDS = 25
_LEAST_FORWARDED = 30
_MOST_ENDS = 3
_LONGEST_WROTE = 400
_BARE = frozenset({"from", "subject", "date"})
"""Headers that a mail program writes above a quoted mail, even without a line above them."""
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
    return told_apart(text.split("\n"))[0]


def told_apart(lines: list[str]) -> tuple[Letter, range]:
    """The story in lines that may be a mail, and which of them it is."""
    lines = [*lines]
    headers, start = _innermost(lines)
    start = _below_banner(lines, start, is_mail=bool(headers))
    start = _without_quote(lines, start)
    story, below = _without_tail(lines[start:])
    greeting = _greeting(story) if headers else 0
    if headers:
        signature = _signature(story, greeting, headers.get("from", ""))
        story, below = story[:signature], [*story[signature:], *below]
    farewell = _farewell(story, from_line=greeting, is_mail=bool(headers or below))
    story, below = story[:farewell], [*story[farewell:], *below]
    subject, sender, sent = (headers.get(name, "") for name in ("subject", "from", "date"))
    letter = Letter(
        text="\n".join(story[greeting:]).strip("\n"),
        is_mail=bool(headers),
        subject=_subject(subject),
        sender=_name(sender),
        sent_at=_moment(sent),
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
        if mail_words.EXTERNAL.match(rest) or (tag and len(paragraph) <= _SHORT):
            start = end
            continue
        if tag:
            lines[first] = lines[first][tag.end() :]
        return start


def _without_quote(lines: list[str], start: int) -> int:
    """Where a mail answers below what it quotes, the line below that; where it quotes a story, the quoted lines."""
    first = next((at for at in range(start, min(len(lines), start + _LONGEST_NOTE)) if _is_answered(lines, at)), None)
    own = _own_words(lines[start:first]) if first is not None else 0
    if first is None or own > _FEW_WORDS:
        return start
    begins = first + (1 if mail_words.WROTE.fullmatch(_tidy(lines[first])) else 2)
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
    return _wrote(lines, number) and _quotes_below(lines, number)


def _innermost(lines: Sequence[str]) -> tuple[dict[str, str], int]:
    """The headers above the story and the line below them; of a mail that was forwarded, those of the inner one."""
    headers, at = _headers(lines, 0)
    words_below = _words_below(lines)
    while True:
        mark = _forwarded(lines, at, words_below, told=bool(mail_words.FORWARDS.match(headers.get("subject", ""))))
        if mark is None:
            return headers, at
        inner, below = _headers(lines, mark)
        if not inner:
            return headers, at
        headers, at = inner, below


def _forwarded(lines: Sequence[str], start: int, words_below: Sequence[int], *, told: bool) -> int | None:
    """The line where the headers of a mail begin that was forwarded below a few words.

    The same line stands above a mail that is answered: the mail that is quoted is the story when it is long and what
    stands above it is a note, and not when a story stands above. ``told``: the subject says that it was forwarded.
    """
    for number, line in enumerate(lines[start : start + _LONGEST_NOTE], start=start):
        mark = _quoted_at(lines, number)
        if mark is None or not _headers(lines, mark)[0]:
            continue
        note = lines[start:number]
        if mail_words.FORWARDED.fullmatch(_tidy(line)):
            return mark if sum(len(one.split()) for one in note) <= _MOST_NOTED else None
        return mark if is_forward(own=_own_words(note), quoted=words_below[mark], told=told) else None
    return None


def is_forward(*, own: int, quoted: int, told: bool = False) -> bool:
    """By the words of the note and of the mail below it; ``told``: the subject says that it was forwarded."""
    return own <= (_MOST_NOTED if told else _FEW_WORDS) and quoted >= max(_LEAST_FORWARDED, 2 * own)


def announces(line: str) -> bool:
    """The line above a quotation: “On Monday, Ada wrote:”."""
    return len(line) <= _LONGEST_WROTE and mail_words.WROTE.fullmatch(line) is not None


def _quoted_at(lines: Sequence[str], number: int) -> int | None:
    """The line below the one that a mail program writes above a mail that is answered or forwarded, if this is it."""
    line = _tidy(lines[number])
    if not line:
        return None
    if mail_words.FORWARDED.fullmatch(line) or mail_words.ORIGINAL.fullmatch(line):
        return number + 1
    if _RULE.fullmatch(line):
        return number + 1 if _headers(lines, number + 1, _MOST_QUOTED_LINES)[0] else None
    if number and lines[number - 1].strip():
        return None
    above = next((lines[at].strip() for at in range(number - 1, -1, -1) if lines[at].strip()), "")
    # A story may quote a mail: it says so, or gives no date.
    if above.endswith((":", "：")):
        return None
    return number if _headers(lines, number, _MOST_QUOTED_LINES)[0].keys() >= _BARE else None


def _words_below(lines: Sequence[str]) -> list[int]:
    """How many words stand from each line on."""
    counted = itertools.accumulate((len(line.split()) for line in reversed(lines)), initial=0)
    return [*counted][::-1]


def _own_words(note: Sequence[str]) -> int:
    """The words of a note, without the greeting, the name and the disclaimer below them."""
    lines, _ = _without_tail(list(note))
    return sum(len(line.split()) for line in lines[_greeting(lines) : _farewell(lines, from_line=0, is_mail=True)])


def _headers(lines: Sequence[str], start: int, most: int = _MOST_LINES) -> tuple[dict[str, str], int]:
    """The header lines from ``start`` on by their English names, and the line below; none if they are too few."""
    found: dict[str, str] = {}
    name, at, last = "", start, start
    while at < min(len(lines), start + most):
        line = lines[at]
        if not line.strip():
            # A blank line among headers, as mails copied from a window have them.
            following = next((below for below in range(at, len(lines)) if lines[below].strip()), len(lines))
            if found and not (following < len(lines) and _is_header(lines[following])):
                break
            at = following
            continue
        header = _HEADER.fullmatch(line)
        meant = mail_words.HEADERS.get(_plain(header["name"])) if header else None
        if header and meant:
            if meant in found.keys() & {"from", "subject"} and not lines[at - 1].strip():
                break  # the headers of the mail inside
            name = meant
            found.setdefault(name, header["value"].lstrip("*_").strip().rstrip("*_").strip())
        elif header and found and re.fullmatch(r"[A-Z][A-Za-z]*(?:-[A-Za-z0-9]+)+", header["name"]):
            name = "other"  # Message-ID, X-Mailer and whatever else has a hyphen
        elif name and line[:1] in " \t":
            found[name] = f"{found.get(name, '')} {line.strip()}".strip()
        else:
            break
        at += 1
        last = at
    # A line that says only “Date: …” or “From: …” may be the story's own.
    return (found, last) if len(found) >= _LEAST_HEADERS and found.keys() & {"from", "to", "subject"} else ({}, start)


def _is_header(line: str) -> bool:
    header = _HEADER.fullmatch(line)
    return bool(header and _plain(header["name"]) in mail_words.HEADERS)


def _without_tail(lines: list[str]) -> tuple[list[str], list[str]]:
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
    line = _tidy(lines[number])
    if not line:
        return False
    if _DELIMITER.fullmatch(lines[number]) and not lines[number - 1].strip():
        # Between paragraphs a rule; with nothing but short lines below, a signature.
        exact = lines[number] == "-- " and not _has_sentence(_from(lines, number + 1))
        return (
            exact
            or (line == "--" and not _has_prose(_from(lines, number + 1)))
            or _is_signature(_from(lines, number + 1))
        )
    if mail_words.SENT_FROM.fullmatch(line):
        return True
    if (quoted := _quoted_at(lines, number)) is not None:
        return mail_words.ORIGINAL.fullmatch(line) is not None or bool(_headers(lines, quoted)[0])
    if _RULE.fullmatch(line):
        below = _few_below(lines, number)
        return bool(below) and any(mail_words.LIST.search(one) for one in below)
    if _wrote(lines, number):
        return _quotes_below(lines, number) or bool(
            mail_words.SENT_AT.search(f"{line} {lines[number + 1][:_LONGEST_WROTE] if number + 1 < len(lines) else ''}")
        )
    return number >= last and _is_disclaimer(lines, number)


def _is_disclaimer(lines: Sequence[str], number: int) -> bool:
    line = _tidy(lines[number])
    if mail_words.DISCLAIMER.match(line) or mail_words.EXTERNAL.match(line):
        return True
    if lines[number - 1].strip():
        return False
    paragraph = " ".join(itertools.takewhile(str.strip, _from(lines, number)))
    told = {found[0].casefold() for found in mail_words.COMPANY.finditer(paragraph)}
    return len(told) > 2 or (len(told) == 2 and re.search(r"\d{3}", paragraph) is not None)


def _wrote(lines: Sequence[str], number: int) -> bool:
    """The line, perhaps broken in two, above a mail that is quoted: “On Monday, Ada wrote:”."""
    line = _tidy(lines[number])
    if not line or len(line) > _LONGEST_WROTE:
        return False
    two = f"{line} {lines[number + 1].strip() if number + 1 < len(lines) else ''}".strip()
    return bool(
        mail_words.WROTE.fullmatch(line)
        or (len(two) <= _LONGEST_WROTE and mail_words.WROTE.fullmatch(two) and not line.endswith("."))
    )


def _quotes_below(lines: Sequence[str], number: int) -> bool:
    following = itertools.islice((at for at in range(number + 1, len(lines)) if lines[at].strip()), 3)
    return any(lines[at].lstrip().startswith(">") for at in following)


def _few_below(lines: Sequence[str], number: int) -> list[str]:
    """The lines below, if they are few and short enough for a signature."""
    below = [
        *itertools.islice((one.strip() for one in _from(lines, number + 1) if one.strip()), _LONGEST_SIGNATURE + 1)
    ]
    return below if len(below) <= _LONGEST_SIGNATURE and all(len(one) <= 2 * _SHORT for one in below) else []


def _from(lines: Sequence[str], start: int) -> Iterator[str]:
    return (lines[at] for at in range(start, len(lines)))


def _has_sentence(lines: Iterable[str]) -> bool:
    """A long sentence right below: of a story, while a long line without its full stop may be a signature."""
    first = next((line for line in lines if line.strip()), "")
    return paragraphs.ends_sentence(first) and len(first) > _SHORT


def _has_prose(lines: Iterable[str]) -> bool:
    """A sentence right below the mark: it parts two sections of a story."""
    first = next((line for line in lines if line.strip()), "")
    return paragraphs.ends_sentence(first) or len(first) > _SHORT


def _is_signature(lines: Iterable[str]) -> bool:
    below = [*itertools.islice((line.strip() for line in lines if line.strip()), _LONGEST_SIGNATURE + 1)]
    short = all(len(line) <= _SHORT and not paragraphs.ends_sentence(line) for line in below)
    return 0 < len(below) <= _LONGEST_SIGNATURE and short and _is_telling(below)


def _is_telling(lines: Sequence[str]) -> bool:
    """An address, a telephone number, a site."""
    return any(_ADDRESS.search(line) or _TELEPHONE.search(line) or _SITE.search(line) for line in lines)


def _signature(lines: Sequence[str], start: int, sender: str) -> int:
    """The line where a signature without a mark begins: at the end, the sender's name and how to reach them."""
    parts = {part.casefold() for part in re.findall(r"[^\W\d_]{2,}", _name(sender))}
    ends = [at for at in range(start + 1, len(lines)) if lines[at].strip() and not lines[at - 1].strip()]
    begins, told = len(lines), False
    for at in reversed(ends[-2:]):
        block = [line.strip() for line in lines[at:begins] if line.strip()]
        names = parts & {word.casefold() for line in block for word in re.findall(r"[^\W\d_]{2,}", line)}
        short = all(len(line) <= 2 * _SHORT and not paragraphs.ends_sentence(line) for line in block)
        if not short or not names or len(block) > _LONGEST_SIGNATURE:
            break
        if not told and not _is_telling(block):
            break
        if told and len(block) > 1:
            break  # above the name only the name again
        begins, told = at, True
    return begins


def _greeting(lines: Sequence[str]) -> int:
    """How many lines the greeting takes: `Hi,` or `Dear desk,` alone above the story."""
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None or len(lines[first].strip()) > _SHORT:
        return 0
    return first + 1 if mail_words.GREETING.fullmatch(_tidy(lines[first])) else 0


def _farewell(lines: Sequence[str], *, from_line: int, is_mail: bool) -> int:
    """The line where `Best,` and a name begin; the number of lines where nobody takes leave.

    In a text that shows no other sign of a mail they may be the story's last words: then a telephone number tells.
    """
    below: list[str] = []
    for number in range(len(lines) - 1, from_line, -1):
        line = _tidy(lines[number])
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
            and all(len(one) <= (2 if telling else 1) * _SHORT for one in below)
            and not any(paragraphs.ends_sentence(one) and len(one) > _SHORT for one in below)
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


def _tidy(line: str) -> str:
    """With single blanks, as the words of mails are matched: each of many could stand on either side of a sign."""
    return " ".join(line.split())


def _plain(name: str) -> str:
    return " ".join(name.replace("\u200c", " ").casefold().split())
