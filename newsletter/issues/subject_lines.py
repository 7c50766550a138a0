"""Subject and preview line as the stories suggest them, until a person writes their own."""

import re
from collections.abc import Iterable, Sequence

from newsletter.issues import queries
from newsletter.issues.models import Entry, Issue

LONGEST_SUBJECT = 300
LONGEST_PREHEADER = 110
"""Characters that an inbox shows beside the subject."""
NAMED_BESIDE = 3
"""Headlines that the preview line names, after the first headline, which is the subject."""
MOST_TAKEN_OUT = 60
_JOINERS = "\u200c\u200d"
"""Persian and emoji need them."""
_OPENS_FIELD = re.compile(r"\{(?=[^\w\s{}]*\{)")
"""The first brace of a merge field, also where signs that are not seen stand between the two."""


def suggested(titles: Sequence[str]) -> tuple[str, str]:
    """Subject and preview line made of the headlines in their order: the first, and the others beside it."""
    clean = [_line(title) for title in titles]
    subject = clean[0][:LONGEST_SUBJECT] if clean else ""
    beside = " · ".join(clean[1 : 1 + NAMED_BESIDE])
    if len(beside) > LONGEST_PREHEADER:
        beside = beside[: LONGEST_PREHEADER - 1].rsplit(" ", 1)[0] + "…"
    return subject, beside


def of(issue: Issue, entries: Iterable[Entry]) -> tuple[str, str]:
    """Subject and preview line as they read now: written lines as they are, the others as the stories suggest."""
    subject, preheader = suggested([headline(entry) for entry in entries])
    return (
        issue.subject if issue.subject_written else subject,
        issue.preheader if issue.preheader_written else preheader,
    )


def follow(issue: Issue) -> bool:
    """Bring the lines that nobody wrote in line with the stories; True when a line changed. The caller saves."""
    if issue.subject_written and issue.preheader_written:
        return False
    before = issue.subject, issue.preheader
    issue.subject, issue.preheader = of(issue, queries.entries_of(issue))
    return before != (issue.subject, issue.preheader)


def write(issue: Issue, *, subject: str | None = None, preheader: str | None = None) -> list[str]:
    """Take over what a person wrote; which of the two changed. The caller saves.

    An empty line asks for the suggestion again. None, or a suggestion that came back as it was, leaves it as it is.
    """
    before = of(issue, queries.entries_of(issue))
    shown = dict(zip(("subject", "preheader"), before, strict=True))
    for name, wanted in (("subject", subject), ("preheader", preheader)):
        if wanted is not None and wanted != shown[name]:
            setattr(issue, name, wanted)
            setattr(issue, f"{name}_written", bool(wanted))
    follow(issue)
    after = {"subject": issue.subject, "preheader": issue.preheader}
    return [name for name, was in shown.items() if after[name] != was]


def take_out(issue: Issue, entry: Entry) -> None:
    """Remember the headlines of a story that leaves the issue: no line should go on naming it. The caller saves."""
    names = [entry.article.title, *([entry.title] if entry.title else [])]
    kept = [title for title in issue.taken_out if title not in names]
    issue.taken_out = [*kept, *names][-MOST_TAKEN_OUT:]


def headline(entry: Entry) -> str:
    """The story's headline as it reads in this issue."""
    return entry.title or entry.article.title


def _line(title: str) -> str:
    """The title as a header can carry it: a single line, without control characters.

    And no merge field: whoever wrote a headline elsewhere must not have readers' names and links put into it.
    """
    line = " ".join("".join(c if c.isprintable() or c in _JOINERS else " " for c in title).split())
    return _OPENS_FIELD.sub("{ ", line)
