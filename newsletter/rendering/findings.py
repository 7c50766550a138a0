"""What preflight says, put together: whether it blocks, what repeats named once, and where it can be changed. Pure."""

from collections.abc import Iterable

from newsletter.issues.edition import Edition, Story
from newsletter.rendering import html_parts
from newsletter.rendering.html_parts import Part
from newsletter.rendering.results import Finding
from newsletter.translatable import Plural, Translatable
from newsletter.translatable import Translatable as _

_NAMED = 3
"""Stories or addresses named in one finding; of the others it says how many."""


def blocks(code: str, text: str, stories: Iterable[Story] = (), *, of_newsletter: bool = False) -> Finding:
    return Finding(code=code, blocks=True, text=text, articles=_articles(stories), of_newsletter=of_newsletter)


def warns(code: str, text: str, stories: Iterable[Story] = ()) -> Finding:
    return Finding(code=code, blocks=False, text=text, articles=_articles(stories))


def _articles(stories: Iterable[Story]) -> tuple[tuple[int, str], ...]:
    return tuple((story.article, story.title) for story in dict.fromkeys(stories) if story.article)


def stories_of(edition: Edition, parts: Iterable[Part]) -> list[Story]:
    wanted = {part.story for part in parts}
    return [story for story in edition.stories if story.id in wanted]


def where(edition: Edition, parts: Iterable[Part]) -> str:
    found = stories_of(edition, parts)
    return _("in %(names)s", names=listed(named(story) for story in found)) if found else _("outside the stories")


def listed(names: Iterable[str]) -> str:
    """The first few, and how many more there are; each still to be said in another language."""
    every = list(dict.fromkeys(names))
    named_ones = {f"name{n}": name for n, name in enumerate(every[:_NAMED])}
    first = Translatable(" · ".join(f"%({key})s" for key in named_ones), **named_ones) if named_ones else ""
    more = len(every) - _NAMED
    return Plural("%(first)s and %(n)s more", "%(first)s and %(n)s more", first=first, n=more) if more > 0 else first


def named(story: Story) -> str:
    title = html_parts.squeezed(story.title)
    return quoted(f"{title[:60]}{'…' if len(title) > 60 else ''}")


def quoted(words: str) -> str:
    """In the quotation marks of whoever reads it."""
    return _("“%(words)s”", words=words)
