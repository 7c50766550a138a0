"""Headers of a mail as they stand in a text: `From:`, `Subject:`, in many languages. Pure."""

import email.utils
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from newsletter.articles.reading.mails import mail_words
from newsletter.articles.reading.pages import page_furniture

_LEAST_HEADERS = 2
_MOST_LINES, MOST_QUOTED_LINES = 200, 40
"""Lines of the headers of a mail, and of a mail that is quoted."""
_HEADER = re.compile(r"[\s>*_]*+(?P<name>[^\W\d_][^:：\n*]{0,40}?)[*_]*+\s*+[:：](?P<value>.*)")


def read_headers(lines: Sequence[str], start: int, most: int = _MOST_LINES) -> tuple[dict[str, str], int]:
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


def plain_subject(raw: str) -> str:
    """Without `Re:`, `Fwd:`, `AW:`."""
    return mail_words.REPLY.sub("", " ".join(raw.split())).strip()


def sender_name(raw: str) -> str:
    """The person's name in a sender; an address alone names nobody."""
    name = email.utils.parseaddr(raw)[0] or re.sub(r"[<\[(].*", "", raw)
    name = name.strip(" \"'*")
    if "@" in name or not name:
        return ""
    parts = [part.strip() for part in name.split(",")]
    # Outlook writes “Quill, Ada”.
    return f"{parts[1]} {parts[0]}" if len(parts) == 2 and all(len(part.split()) <= 2 for part in parts) else name


def sent_at(raw: str) -> datetime | None:
    if not raw:
        return None
    try:
        moment = email.utils.parsedate_to_datetime(raw)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        return page_furniture.read_date(raw)


def tidy(line: str) -> str:
    """With single blanks, as the words of mails are matched: each of many could stand on either side of a sign."""
    return " ".join(line.split())


def _plain(name: str) -> str:
    return " ".join(name.replace("\u200c", " ").casefold().split())
