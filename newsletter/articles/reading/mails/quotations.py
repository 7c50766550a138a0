"""Where a text begins to quote a mail: “On Monday, Ada wrote:”, a rule, its headers. Pure."""

import itertools
import re
from collections.abc import Sequence

from newsletter.articles.reading.mails import mail_words
from newsletter.articles.reading.mails.mail_headers import MOST_QUOTED_LINES, read_headers, tidy

RULE = re.compile(r"[_\-=*]{8,}\s*")
LONGEST_WROTE = 400
_BARE = frozenset({"from", "subject", "date"})
"""Headers that a mail program writes above a quoted mail, even without a line above them."""


def announces(line: str) -> bool:
    """The line above a quotation: “On Monday, Ada wrote:”."""
    return len(line) <= LONGEST_WROTE and mail_words.WROTE.fullmatch(line) is not None


def quoted_at(lines: Sequence[str], number: int) -> int | None:
    """The line below that which a mail program writes above a mail that is answered or forwarded, if this is it."""
    line = tidy(lines[number])
    if not line:
        return None
    if mail_words.FORWARDED.fullmatch(line) or mail_words.ORIGINAL.fullmatch(line):
        return number + 1
    if RULE.fullmatch(line):
        return number + 1 if read_headers(lines, number + 1, MOST_QUOTED_LINES)[0] else None
    if number and lines[number - 1].strip():
        return None
    above = next((lines[at].strip() for at in range(number - 1, -1, -1) if lines[at].strip()), "")
    # A story may quote a mail: it says so, or gives no date.
    if above.endswith((":", "：")):
        return None
    return number if read_headers(lines, number, MOST_QUOTED_LINES)[0].keys() >= _BARE else None


def wrote(lines: Sequence[str], number: int) -> bool:
    """The line, perhaps broken in two, above a mail that is quoted: “On Monday, Ada wrote:”."""
    line = tidy(lines[number])
    if not line or len(line) > LONGEST_WROTE:
        return False
    two = f"{line} {lines[number + 1].strip() if number + 1 < len(lines) else ''}".strip()
    return bool(
        mail_words.WROTE.fullmatch(line)
        or (len(two) <= LONGEST_WROTE and mail_words.WROTE.fullmatch(two) and not line.endswith("."))
    )


def quotes_below(lines: Sequence[str], number: int) -> bool:
    following = itertools.islice((at for at in range(number + 1, len(lines)) if lines[at].strip()), 3)
    return any(lines[at].lstrip().startswith(">") for at in following)
