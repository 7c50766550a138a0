"""What readers should not see as it stands: merge fields that nobody fills in, and notes between writers. Pure."""

import re
from collections.abc import Iterator

from newsletter.articles.reading.not_for_readers import remarks
from newsletter.issues.edition import Edition
from newsletter.rendering import html_parts, personalise
from newsletter.rendering.findings import blocks, listed, named, quoted, warns
from newsletter.rendering.results import Finding
from newsletter.translatable import Translatable as _

# What looks like a merge field, ours or another program's: {{x}}, {% x %}, *|X|*, %%x%%, ${x}.
_PLACEHOLDER = re.compile(r"\{\{[^{}\n]{0,80}\}\}|\{%[^\n]{0,80}?%\}|\*\|[^|\n]{1,80}\|\*|%%[A-Za-z_]+%%|\$\{\w+\}")
_SHOWN = 80
_NAME_ALONE = re.compile(r"\{\{\s*+name\s*+\|?\s*+\}\}")


def check(edition: Edition) -> Iterator[Finding]:
    """In the words of the issue it blocks; in the text of a story it is only said, for a story may be about them."""
    fields = {
        _("subject"): edition.subject,
        _("preview line"): edition.preheader,
        _("introduction"): edition.introduction,
    }
    tokens = personalise.Tokens(edition.token_key)
    for field, text in fields.items():
        left = tokens.merge_fields(text, browser_url=edition.browser_url)
        if found := _PLACEHOLDER.findall(left):
            said = _(
                "The %(field)s contains %(found)s, which readers would see as it is. "
                "Only {{name}}, {{name|friend}}, {{unsubscribe_url}} and {{browser_url}} are filled in.",
                field=field,
                found=listed(quoted(field) for field in found),
            )
            yield blocks("placeholder", said)
        if _NAME_ALONE.search(text):
            said = _(
                "The %(field)s uses {{name}}, which stays empty for readers without a name. "
                "{{name|friend}} calls them “friend”.",
                field=field,
            )
            yield warns("placeholder", said)
        if text is not edition.introduction and tokens.unsubscribe_url in left:
            said = _("The %(field)s contains {{unsubscribe_url}}. Links belong in the introduction.", field=field)
            yield blocks("placeholder", said)
        if notes := _notes_in(text):
            said = _(
                "The %(field)s contains a note between writers: %(found)s. Nothing is left out here by itself. "
                "Take it out, or readers may see it.",
                field=field,
                found=listed(quoted(note) for note in notes),
            )
            yield blocks("remark", said)
    yield from _placeholders_in_stories(edition)
    yield from _notes_in_stories(edition)


def _notes_in(text: str) -> list[str]:
    """What writers left for each other: `%%…%%`, `<!-- … -->`, `{>>…<<}`; merge fields are said apart."""
    return [html_parts.squeezed(note)[:_SHOWN] for note in remarks.among(text) if not _PLACEHOLDER.fullmatch(note)]


def _notes_in_stories(edition: Edition) -> Iterator[Finding]:
    for story in edition.stories:
        fields = (story.title, story.standfirst, story.kicker, story.byline)
        if notes := [note for field in fields for note in _notes_in(field)]:
            said = _(
                "%(story)s contains a note between writers: %(found)s. Take it out, or readers will see it.",
                story=named(story),
                found=listed(quoted(note) for note in notes),
            )
            yield blocks("remark", said, [story])


def _placeholders_in_stories(edition: Edition) -> Iterator[Finding]:
    for story in edition.stories:
        if found := _PLACEHOLDER.findall("\n".join((story.title, story.standfirst, story.kicker, story.byline))):
            said = _(
                "%(story)s contains %(found)s, which readers would see as it is. Take it out.",
                story=named(story),
                found=listed(quoted(field) for field in found),
            )
            yield blocks("placeholder", said, [story])
        if found := _PLACEHOLDER.findall(story.body if story.full else "" if story.standfirst else story.excerpt):
            said = _(
                "The text of %(story)s contains %(found)s; readers see it as it is.",
                story=named(story),
                found=listed(quoted(field) for field in found),
            )
            yield warns("placeholder", said, [story])
