"""Which of a page's headings is the story's headline, and which is the site's name. Pure."""

import itertools
from collections.abc import Sequence

from newsletter.articles.reading import elements, sanitise
from newsletter.articles.reading.pages import headline, page_head, paragraphs, plain_text, site_names
from newsletter.articles.text import comparing

_MOST_HEADINGS = 20
_LOOKED_ABOVE = 5_000
_LONGEST_LINE = 160
"""A longer first line is a paragraph."""
LEAST_TEXT = 80
"""Fewer characters than this are a login wall or an empty shell, not an article."""


def title_of(text: str, head: page_head.PageHead, body: str) -> str:
    """The page's heading where the page announces the same; else what it announces, without the site's name."""
    announced = _announced(head)
    headings = [plain(heading) for heading in headings_of(body) or headings_of(text)]
    headings = [heading for heading in headings if heading and unless_below(heading, body)]
    mastheads = mastheads_of(text, head, headings)
    lesser = [plain(heading) for heading in headings_of(text, "h2")] if mastheads else []
    for heading in [*(title for title in headings if title not in mastheads), *lesser]:
        if (not announced and heading not in lesser) or (announced and _is_announced(heading, announced)):
            return heading
    site = plain(head.meta.get("og:site_name", ""))
    if headings and headline.is_label(announced) and not headline.is_label(headings[0]):
        # The page bears only its site's name.
        return headings[0]
    if announced:
        return site_names.without_site(announced, names=[site] if site else [])
    return headings[0] if headings else ""


def _announced(head: page_head.PageHead) -> str:
    return plain(head.meta.get("og:title", "")) or plain(head.title)


def _is_announced(heading: str, announced: str) -> bool:
    return comparing.same(heading, announced) or site_names.extends(announced, heading)


def mastheads_of(text: str, head: page_head.PageHead, headings: Sequence[str]) -> list[str]:
    """Headings of the first level that are the site's name: many sites set it so on every page."""
    announced, site = _announced(head), plain(head.meta.get("og:site_name", ""))
    others = [*headings, *(plain(title) for title in headings_of(text, "h2"))]
    story = [other for other in others if not headline.is_label(other) and _is_announced(other, announced)]
    return [
        heading
        for heading in headings
        if (site and comparing.same(heading, site) and not comparing.same(announced, site))
        or (
            headline.is_label(heading)
            and any(site_names.beside(title, announced) == comparing.core(heading) for title in story)
        )
    ]


def unless_below(heading: str, body: str) -> str:
    """The heading; nothing where sentences stand above it, since then it parts the story."""
    places = (
        found for level in range(1, 7) for found in itertools.islice(elements.inside(body, f"h{level}"), _MOST_HEADINGS)
    )
    place = next((found for found in places if comparing.same(plain(body[found.start : found.end]), heading)), None)
    above = plain(body[max(0, place.opens - _LOOKED_ABOVE) : place.opens]) if place else ""
    return "" if len(above) >= LEAST_TEXT and paragraphs.ends_sentence(above) else heading


def first_line(body: str) -> tuple[str, str, tuple[str, ...]]:
    """The headline of a text without any heading, and the text below it: its first line, else its first words."""
    first = next(
        (paragraph for paragraph in elements.inside(body, "p") if plain(body[paragraph.start : paragraph.end])), None
    )
    line = plain(body[first.start : first.end]) if first else ""
    if first and len(line) <= _LONGEST_LINE and not headline.ends_with_stop(line) and not plain(body[: first.opens]):
        below = body[: first.opens] + body[first.closes :]
        if plain(below):
            return line, below, ()
    return plain_text.first_words(plain(body)), body, (plain_text.UNNAMED,)


def headings_of(html: str, tag: str = "h1") -> list[str]:
    return [
        html[heading.start : heading.end] for heading in itertools.islice(elements.inside(html, tag), _MOST_HEADINGS)
    ]


def plain(raw: str | None) -> str:
    return sanitise.text_of(raw or "")
