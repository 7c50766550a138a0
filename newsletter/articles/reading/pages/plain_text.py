"""Plain text as people save it from a site → headline, standfirst, byline, paragraphs. Pure.

A saved page begins with what the site puts around a story: its tagline, a page title, a menu, the headline twice, a
share bar. Four kinds of evidence find the headline in it, the strongest first:

1. it is said twice (the page's title and the heading), perhaps with the site's name behind it;
2. its words come back in the story, a tagline's words do not;
3. it looks like a headline: several words, no full stop, no “Latest news and videos”;
4. it is the first line that could be a headline.

Nothing is thrown away on a guess: what is left out is a repeated headline, a line of a closed list (buttons, dates), or
a line above the headline that does not end as a sentence does; the notes name it, and a person can put it back.
"""

import dataclasses
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.articles.drafts import LeftOut, Why
from newsletter.articles.reading import document_marks
from newsletter.articles.reading.not_for_readers.left_out import anchor
from newsletter.articles.reading.not_for_readers.left_out import notes as notes_of
from newsletter.articles.reading.pages import headline, page_furniture, paragraphs, site_names
from newsletter.articles.text import comparing
from newsletter.translatable import Translatable as _

_HEAD_LINES = 30
"""How far down a headline is looked for; menus of saved pages are long."""
_PROSE_LENGTH = 140
_SENTENCE_LENGTH = 60
_TITLE_WORDS = 12
UNNAMED = _("No headline was found, so the first words are used. Write a better one.")
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]’”»]")
_BULLET = headline.BULLET


@dataclass(frozen=True, kw_only=True)
class Story:
    """A text, told apart."""

    title: str
    paragraphs: tuple[str, ...]
    standfirst: str = ""
    kicker: str = ""
    byline: str = ""
    published_at: datetime | None = None
    notes: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def read(text: str) -> Story:
    """The story in a saved text."""
    # A text of nothing but buttons is taken as it is.
    items = _paragraphs(text) or paragraphs.of(text)
    head = _head_of(items)
    found = headline.find(items, head=head)
    if found is None:
        return _untitled(items)
    above = _read_around(items[: found.last], found, heading=found.title)
    return _below(items, found, above)


def untouched(text: str) -> tuple[str, ...]:
    """The paragraphs of a text whose headline is known: nothing but buttons is left out."""
    return tuple(_paragraphs(text) or paragraphs.of(text))


def to_html(lines: Sequence[str]) -> str:
    """Paragraphs as HTML: escaped, addresses linked, runs of bullets as lists."""
    parts: list[str] = []
    for index, line in enumerate(lines):
        bullet = _BULLET.match(line)
        neighbours = (lines[i] for i in (index - 1, index + 1) if 0 <= i < len(lines))
        # A lone dash opens a remark (French, Persian dialogue); several in a row are a list.
        if bullet and any(_BULLET.match(other) for other in neighbours):
            parts.append(f"<li>{_linked(line[bullet.end() :])}</li>")
        else:
            parts.append(f"<p>{_linked(line)}</p>")
    joined = "\n".join(parts)
    return re.sub(r"(?:<li>.*</li>(?:\n|$))+", lambda run: f"<ul>{run[0].strip()}</ul>\n", joined).strip()


def _paragraphs(text: str) -> list[str]:
    """Paragraphs without what no reader needs; lines that stand for themselves are never joined to others."""
    lines = text.split("\n")
    stripped = [" ".join(line.split()) for line in lines]
    seen: dict[str, int] = {}
    alone: set[int] = set()
    for index, line in enumerate(stripped):
        if not line:
            continue
        if len(seen) > _HEAD_LINES:
            break
        core = comparing.core(line)
        if page_furniture.is_button(line) or page_furniture.date_of(line) or page_furniture.byline_of(line):
            alone.add(index)
        elif core in seen:
            alone |= {index, seen[core]}
        seen.setdefault(core, index)
    return [line for line in paragraphs.of(text, alone=frozenset(alone)) if not page_furniture.is_button(line)]


def is_prose(line: str) -> bool:
    """A paragraph of a story, as opposed to a headline, a label, a line of a menu."""
    return len(line) >= _PROSE_LENGTH or (
        len(line) >= _SENTENCE_LENGTH and paragraphs.ends_sentence(line) and not re.search(r"[?!؟][\"'”’»]*$", line)
    )


def _head_of(items: Sequence[str]) -> int:
    """How many items may belong to the head: all before the story has plainly begun."""
    prose = 0
    for index, line in enumerate(items[:_HEAD_LINES]):
        prose += is_prose(line)
        if prose == 2:
            return index
    return min(len(items), _HEAD_LINES)


@dataclass(frozen=True, kw_only=True)
class _Around:
    """What stands around a headline."""

    kicker: str = ""
    standfirst: str = ""
    byline: str = ""
    published_at: datetime | None = None
    left_out: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    """Sentences that stand above the headline: of the story, for all we know."""


def _read_around(items: Sequence[str], found: headline.Found, *, heading: str) -> _Around:
    """Above the (last) headline: a label, a byline, a date; between its two places perhaps a standfirst."""
    around = _Around()
    left_out: list[str] = []
    kept: list[str] = []
    for index, line in enumerate(items):
        names, date = page_furniture.byline_of(line), page_furniture.date_of(line)
        if comparing.same(line, heading) or index in found.places or headline.is_cut_short(line, title=heading):
            continue
        if names:
            around = dataclasses.replace(around, byline=around.byline or names)
        elif date:
            around = dataclasses.replace(around, published_at=around.published_at or date.date)
        elif index > found.first and is_prose(line) and not around.standfirst:
            around = dataclasses.replace(around, standfirst=line)
        elif index == len(items) - 1 and index and _is_kicker(line, above=items[index - 1], found=found):
            around = dataclasses.replace(around, kicker=line)
        else:
            (kept if _must_stay(line, items) else left_out).append(line)
    return dataclasses.replace(around, left_out=tuple(left_out), kept=tuple(kept))


def _must_stay(line: str, items: Sequence[str]) -> bool:
    """A sentence is never taken for a part of the page; closed lists and a masthead's motto aside."""
    return paragraphs.ends_sentence(line) and not (
        page_furniture.is_footer(line) or site_names.is_motto(line, items=items)
    )


def _is_kicker(line: str, *, above: str, found: headline.Found) -> bool:
    """A label right above the headline; the last line of a menu or the site's own name is none."""
    menu = headline.is_label(above) and not comparing.same(above, found.title) and not line.isupper()
    return headline.is_label(line) and comparing.core(line) not in found.site_names and not menu


def _below(items: Sequence[str], found: headline.Found, around: _Around) -> Story:
    """Below the headline: standfirst, byline and date until the story begins, then the story without its tail."""
    rest = [line for line in items[found.last + 1 :] if not _repeats(line, found.title)]
    left_out = list(around.left_out)
    byline, published_at, standfirst = around.byline, around.published_at, around.standfirst
    waiting: list[str] = []
    start = 0
    for start, line in enumerate(rest):
        names, date = page_furniture.byline_of(line), page_furniture.date_of(line)
        if names or date:
            byline = byline or names
            published_at = published_at or (date.date if date else None)
            # What stands between headline and byline is set apart from the story: its standfirst.
            if len(waiting) == 1 and not standfirst and len(waiting[0].split()) > 4:
                standfirst = waiting.pop()
        elif any(map(is_prose, waiting)):
            break
        elif site_names.is_tagline(line, items=items, title=found.title) and not _must_stay(line, items):
            left_out.append(line)
        elif headline.is_label(line) and not _BULLET.match(line) and any(map(is_prose, rest[start:])):
            # A topic, a place, a counter: nothing that stands between a headline and a story in three words is prose.
            left_out.append(line)
        elif len(waiting) < 2:
            waiting.append(line)
        else:
            break
    else:
        start = len(rest)
    away = [line for line in rest[start:] if document_marks.leads_away(line)]
    left_out += away
    rest = [*rest[:start], *(line for line in rest[start:] if line not in away)]
    body = _without_tail([*around.kept, *waiting, *rest[start:]], found, left_out, items)
    if standfirst and body and comparing.same(body[0], standfirst):
        standfirst = ""
    pieces = _placed(left_out, items=items, kept=body)
    notes = [*notes_of(pieces), *([] if body else [_("There is no text below the headline.")])]
    return Story(
        title=found.title,
        paragraphs=tuple(body),
        standfirst=standfirst,
        kicker=around.kicker,
        byline=byline,
        published_at=published_at,
        notes=tuple(notes),
        left_out=pieces,
    )


def _repeats(line: str, title: str) -> bool:
    """The headline again; a sentence that is only much like it is the story's own."""
    return comparing.core(line) == comparing.core(title) or (
        comparing.same(line, title) and not paragraphs.ends_sentence(line)
    )


def _placed(lines: Sequence[str], *, items: Sequence[str], kept: Sequence[str]) -> tuple[LeftOut, ...]:
    """What was left out, each line with the line above it that stayed."""
    waiting, staying, above = list(lines), set(kept), ""
    found: list[LeftOut] = []
    for line in items:
        if line in waiting:
            waiting.remove(line)
            found.append(LeftOut(text=line, why=Why.PAGE, html=to_html([line]), after=anchor(above)))
        elif line in staying:
            above = _BULLET.sub("", line, count=1)
    return tuple(found)


def _without_tail(body: list[str], found: headline.Found, left_out: list[str], items: Sequence[str]) -> list[str]:
    """Copyright lines and links to other stories go from the end, as long as no paragraph of prose is among them."""
    for index, line in enumerate(body):
        told = any(is_prose(other) or _must_stay(other, items) for other in body[index + 1 :])
        if index and page_furniture.starts_related(line) and not told:
            left_out += body[index:]
            body = body[:index]
            break
    above = list(left_out)
    while len(body) > 1 and (
        page_furniture.is_footer(body[-1]) or (not _must_stay(body[-1], items) and _is_masthead(body[-1], found, above))
    ):
        left_out.append(body.pop())
    return body


def _is_masthead(line: str, found: headline.Found, above: Sequence[str]) -> bool:
    """The site's name, or what stood above the headline, said again below the story."""
    return comparing.core(line) in found.site_names or any(comparing.same(line, other) for other in above)


def _untitled(items: Sequence[str]) -> Story:
    """No line could be a headline: the first words stand in for it, and the text stays whole."""
    taglines = [line for line in items[:2] if site_names.is_tagline(line, items=items) and not _must_stay(line, items)]
    items_left = [line for line in items if line not in taglines]
    if not items_left:
        items_left, taglines = list(items), []
    pieces = _placed(taglines, items=items, kept=items_left)
    return Story(
        title=first_words(_BULLET.sub("", items_left[0], count=1)),
        paragraphs=tuple(items_left),
        notes=(UNNAMED, *notes_of(pieces)),
        left_out=pieces,
    )


def first_words(text: str) -> str:
    """What stands in for a headline: the first sentence, or where that is long its beginning."""
    sentence = re.split(r"(?<=[.!?؟。])\s", text, maxsplit=1)[0]
    if len(sentence.split()) <= _TITLE_WORDS:
        return sentence[:200]
    return (" ".join(sentence.split()[:_TITLE_WORDS]).rstrip(",;:–— ") + "…")[:200]


def _linked(line: str) -> str:
    parts: list[str] = []
    end = 0
    for match in _LINK.finditer(line):
        address = html.escape(match[0])
        parts += [html.escape(line[end : match.start()], quote=False), f'<a href="{address}">{address}</a>']
        end = match.end()
    return "".join([*parts, html.escape(line[end:], quote=False)])
