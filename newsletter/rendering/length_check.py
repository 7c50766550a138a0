"""Whether an edition is too long to be made, measured by what would be made of it, before anything is. Pure."""

import html
import re
from dataclasses import dataclass

from newsletter.articles.text import bounds
from newsletter.issues.edition import Edition, Story, in_browser
from newsletter.rendering import prose
from newsletter.translatable import Translatable
from newsletter.translatable import Translatable as _

ON_A_PAGE = 3
"""The page in the browser may be so many times as long as the longest article; a mail is never longer than that."""
MOST_RUNS = 10_000
"""That read the other way, each of which becomes an element: more than a Persian text full of Latin names has."""
MOST_CHARACTERS = bounds.MOST_CHARACTERS + 20_000
"""Room for summaries, and for the addresses of pictures, which are stored without their host."""
_TAG = re.compile(r"<[^<>]*+>")


@dataclass(frozen=True, kw_only=True)
class _Weight:
    characters: int = 0
    elements: int = 0
    runs: int = 0

    def __add__(self, other: "_Weight") -> "_Weight":
        return _Weight(
            characters=self.characters + other.characters,
            elements=self.elements + other.elements,
            runs=self.runs + other.runs,
        )

    @property
    def times(self) -> float:
        """How many times as long as the longest article."""
        return max(self.characters / MOST_CHARACTERS, self.elements / bounds.MOST_ELEMENTS, self.runs / MOST_RUNS)


def mail_too_long(edition: Edition) -> Translatable | None:
    """What to say where the mail cannot be made."""
    if _times(edition) <= 1:
        return None
    return _(
        "The texts of this issue are too long together, so it cannot be shown. The longest is “%(title)s”. Nothing "
        "was sent or changed. Show its summary with a link if it is shown in full, shorten it, or take it out.",
        title=longest(edition).title[:80],
    )


def page_too_long(edition: Edition) -> Translatable | None:
    """What to say where the edition's page in the browser cannot be made, though its mail can."""
    whole = in_browser(edition)
    if _times(whole) <= ON_A_PAGE:
        return None
    return _(
        "The issue’s page in the browser would be too long: texts without an address of their own stand there in "
        "full. The longest is “%(title)s”. Enter the address at which it can be read on your site, shorten it, or "
        "take it out.",
        title=longest(whole).title[:80],
    )


def longest(edition: Edition) -> Story:
    """The story that weighs most."""
    return max(edition.stories, key=lambda story: _of(story).times)


def _times(edition: Edition) -> float:
    introduction = _plain(edition.introduction, direction=edition.direction)
    return sum(map(_of, edition.stories), introduction).times


def _of(story: Story) -> _Weight:
    body = story.body if story.full else ""
    summary = story.standfirst or ("" if body else story.excerpt)
    words = " \n".join((story.title, story.kicker, story.byline, summary))
    elements = _Weight(elements=bounds.elements(body), characters=len(body) - len(bare := _bare(body)))
    return elements + _plain(bare, direction=story.direction) + _plain(words, direction=story.direction)


def _plain(text: str, *, direction: str) -> _Weight:
    return _Weight(characters=len(text), runs=prose.runs(text, direction=direction))


def _bare(body: str) -> str:
    return html.unescape(_TAG.sub("\n", body))
