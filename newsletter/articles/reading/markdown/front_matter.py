"""Markdown files with front matter → drafts. A mistake in the front matter is named by file and line.

What the file keeps from readers stays kept: comments, members-only parts, the end of a mail; and a file that calls
itself a draft, or is not published, becomes an article that is marked so.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from newsletter.articles import drafts, urls
from newsletter.articles.drafts import LeftOut, Why
from newsletter.articles.reading import sanitise
from newsletter.articles.reading.documents import document_reader
from newsletter.articles.reading.mails import letter_parts
from newsletter.articles.reading.markdown import contents, dialect, front_matter_block, front_matter_state, obsidian
from newsletter.articles.reading.markdown.front_matter_block import Lines, wrong
from newsletter.articles.reading.not_for_readers import left_out, remarks
from newsletter.articles.reading.pages import headline, page_furniture, paragraphs
from newsletter.articles.text import comparing, language
from newsletter.translatable import Translatable as _

_NAMES = {
    "title": ("title", "headline"),
    "standfirst": ("summary", "standfirst", "description", "excerpt", "custom_excerpt", "subtitle"),
    "byline": ("byline", "author", "authors", "by"),
    "kicker": ("label", "kicker", "section", "category"),
    "language": ("language", "lang"),
    "url": ("url", "canonical", "canonical_url", "link"),
    "date": ("date", "published", "published_at", "date_published", "publishdate", "publish_date", "pubdate"),
    "image": ("image", "picture", "cover", "feature_image", "featured_image", "cover_image"),
    "image_alt": ("image_alt", "picture_alt", "feature_image_alt", "alt"),
    "image_credit": ("image_credit", "picture_credit", "credit"),
    "topics": ("topics", "tags"),
}
_HEADING = re.compile(r"\A\s*+#{1,2}[ \t]++(?P<title>[^\n]++)(?:\n|\Z)")
_FIRST_HEADING = re.compile(r"\s*<h[1-6]\b[^<>]*>(.*?)</h[1-6]>", re.DOTALL | re.IGNORECASE)
_FIRST_LEVEL = re.compile(r"^[ ]{0,3}#[ \t]+(?P<title>\S[^\n]*)(?:\n|\Z)", re.MULTILINE)
_FIRST_LINE = re.compile(
    r"\A\s*+(?P<title>(?![-+#>|`~<!\[\d]|\*[ \t])[^\n]{3,160})\n[ \t]*\n(?P<below>(?=\s*\S).+)\Z", re.DOTALL
)
"""A line by itself above the text of a file that has no heading."""
_STORY = 80
"""Letters of a sentence with which the story has begun, so that a heading below parts it."""
_UNDERLINED = re.compile(r"\A\s*+(?P<title>[^\n]++)\n={3,}+[ \t]*+(?:\n|\Z)")


def read(text: str, *, name: str) -> drafts.Draft:
    """The draft in a Markdown text; ``name`` is the file's. Raises UnusableArticle."""
    values, body, line_of = front_matter_block.split(text, name=name)
    body, above = obsidian.properties(body)
    values = above | values
    known = {ours: _first(values, names) for ours, names in _NAMES.items()}
    words = {key: _line(value, key=key, name=name, at=line_of) for key, value in known.items() if key not in _LISTS}
    parted = parts_of(body)
    titled = _titled(words["title"], parted.text)
    title, body, notes = titled.title, titled.body, titled.notes
    inside = _for_readers(dataclasses.replace(parted, text=body))
    kept_out = inside.left_out
    state = front_matter_state.of(values, dates=[values.get(key) for key in _NAMES["date"]])
    named = {alias for names in _NAMES.values() for alias in names}
    unused = sorted(key for key in values if key not in named and not front_matter_state.is_key(key))
    if unused:
        shown = ", ".join(key[:40] for key in unused[:10])
        notes = (*notes, _("Unused front matter: %(keys)s.", keys=shown))
    if not title:
        raise drafts.UnusableArticle(
            _("%(name)s has no title. Add one to its front matter, or a heading.", name=name), field=name
        )
    return drafts.Draft(
        title=title,
        body=inside.html,
        standfirst=words["standfirst"],
        byline=", ".join(_list(known["byline"], key="author", name=name, at=line_of)),
        kicker=words["kicker"] or titled.kicker,
        language=_language(words["language"], name=name, at=line_of),
        url=_url(words["url"], name=name, at=line_of),
        published_at=_moment(known["date"], name=name, at=line_of),
        topics=tuple(_list(known["topics"], key="topics", name=name, at=line_of)),
        image=words["image"],
        image_alt=words["image_alt"],
        image_credit=words["image_credit"],
        notes=(*notes, *left_out.notes(kept_out)),
        left_out=kept_out,
        kept_back=state.kept_back or inside.kept_back,
        unknown_state=state.unknown,
        not_before=state.not_before,
    )


def to_html(markdown: str) -> str:
    """Markdown as writers' programs save it, as HTML."""
    return dialect.to_html(obsidian.to_markdown(markdown))


def story(markdown: str) -> drafts.Draft:
    """The text of a draft without a title: what is for every reader, and what was kept out of it."""
    inside = _for_readers(parts_of(markdown))
    return drafts.Draft(title="", body=inside.html, left_out=inside.left_out, kept_back=inside.kept_back)


def _for_readers(parted: remarks.Parted) -> document_reader.Document:
    """What is for every reader as HTML, and all that was kept out of it, in Markdown and in HTML within it."""
    inside = document_reader.for_readers(to_html(parted.text))
    kept_back = drafts.KeptBack.MEMBERS if parted.is_for_members else inside.kept_back
    return dataclasses.replace(inside, left_out=(*parted.left_out, *inside.left_out), kept_back=kept_back)


def own_heading(html: str) -> tuple[str, str]:
    """The heading that a text begins with, as plain words, and the text below it; empty where there is none."""
    first = _FIRST_HEADING.match(html)
    if not first or first[0].lstrip()[2] not in "12":
        return "", html
    return sanitise.text_of(first[1]), html[first.end() :]


def without_heading(html: str, title: str) -> str:
    """The text without its first heading where that is the headline, which stands above it anyway."""
    first = _FIRST_HEADING.match(html)
    same = first and comparing.same(sanitise.text_of(first[1]), title)
    return html[first.end() :] if first and same else html


def parts_of(markdown: str) -> remarks.Parted:
    """Markdown for every reader, and what was kept out of it: remarks, members-only parts, what a mail brings along."""
    told = remarks.part(markdown, render=dialect.to_html, shown=obsidian.to_markdown, code=True)
    table = contents.part(told.text)
    parted = dataclasses.replace(told, text=table.text, left_out=(*told.left_out, *table.left_out))
    letter = letter_parts.read(parted.text)
    if not letter.is_mail and not letter.below:
        return parted
    end = left_out.anchor(re.sub(r"[#*_>`]", "", letter.text.rstrip().rsplit("\n\n", 1)[-1]))
    around = [
        *(LeftOut(text=text, why=Why.MAIL) for text in letter.above),
        *(LeftOut(text=text, why=Why.MAIL, after=end) for text in letter.below),
    ]
    return dataclasses.replace(parted, text=letter.text, left_out=(*parted.left_out, *around))


_LISTS = frozenset({"byline", "topics", "date"})


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    found = (values.get(name) for name in names)
    # `published: true` says whether, and leaves “when” to another key.
    return next(
        (value for value in found if value not in (None, "", []) and not front_matter_state.is_whether(value)), ""
    )


def _line(value: Any, *, key: str, name: str, at: Lines) -> str:
    # Only scalars are turned into text: nested aliases could grow without end.
    if isinstance(value, str | int | float | date):
        return " ".join(str(value).split())
    if isinstance(value, Mapping) and isinstance(value.get("name") or value.get("src") or value.get("image"), str):
        # `author: {name: …}`, `cover: {image: …}`
        return " ".join(str(value.get("name") or value.get("src") or value.get("image")).split())
    if isinstance(value, list) and value and not isinstance(value[0], list):
        return _line(value[0], key=key, name=name, at=at)
    raise wrong(name, at.get(key, 1), _("“%(key)s” must be text", key=key))


def _list(value: Any, *, key: str, name: str, at: Lines) -> list[str]:
    if isinstance(value, list):
        return [_line(item, key=key, name=name, at=at) for item in value[:100]]
    text = _line(value, key=key, name=name, at=at)
    return [part.strip() for part in text.split(",") if part.strip()] if key == "topics" else [text] if text else []


@dataclass(frozen=True, kw_only=True)
class _Titled:
    """The title, and the body without it."""

    title: str
    body: str
    kicker: str = ""
    notes: tuple[str, ...] = ()


def _titled(given: str, body: str) -> _Titled:
    """The title from the front matter, a heading, the first line or the first words."""
    heading = _HEADING.match(body) or _UNDERLINED.match(body)
    words = _without_signs(heading["title"]) if heading else ""
    topmost = _topmost(body)
    if topmost and (not heading or headline.is_label(words)):
        # “### Politics” above “# Title” is a label; so is a word or two without any sign.
        above, found, below = topmost
        label = _plain_words(above)
        is_label = headline.is_label(label)
        if not given or comparing.same(found, given):
            rest = below if is_label else f"{above}\n\n{below}".lstrip()
            return _Titled(title=given or _plain_words(found), body=rest, kicker=label if is_label else "")
    if heading and (not given or comparing.same(words, given)):
        return _Titled(title=given or _plain_words(words), body=body[heading.end() :])
    if given or not body.strip():
        return _Titled(title=given, body=body)
    if (line := _FIRST_LINE.match(body)) and not headline.ends_with_stop(_plain_words(line["title"])):
        return _Titled(title=_plain_words(line["title"]), body=line["below"])
    first = re.sub(r"[#*_`>\[\]]", "", re.sub(r"\]\([^()\]]*+\)", "]", body)).split()[:12]
    return _Titled(
        title=" ".join(first),
        body=body,
        notes=(_("No headline was found, so the first words are used. Write a better one."),),
    )


def _topmost(body: str) -> tuple[str, str, str] | None:
    """The only heading of the first level, what stands above it, and what below; None if the story begins above it."""
    match = _FIRST_LEVEL.search(body)
    if match is None or not body[: match.start()].strip() or _FIRST_LEVEL.search(body, match.end()):
        return None
    above = body[: match.start()].strip()
    words = _plain_words(above)
    begun = len(words) >= _STORY and paragraphs.ends_sentence(words)
    return (
        None
        if begun or "```" in above or "~~~" in above
        else (above, match["title"].rstrip(" \t#"), body[match.end() :])
    )


def _without_signs(heading: str) -> str:
    """Without the signs that may close a heading as they opened it."""
    return heading.rstrip(" \t").rstrip("#").rstrip(" \t") or heading[:1]


def _plain_words(markdown: str) -> str:
    return " ".join(re.sub(r"[*_`#]", "", markdown).split())


def _language(value: str, *, name: str, at: Lines) -> str:
    try:
        return language.tag(value)
    except language.UnknownLanguage as error:
        raise wrong(name, at.get("language", at.get("lang", 1)), error.args[0]) from error


def _url(value: str, *, name: str, at: Lines) -> str:
    if value and urls.web(value) is None:
        problem = _("“%(url)s” is not a web address such as https://news.example.org/a", url=value[:80])
        raise wrong(name, at.get("url", 1), problem)
    return urls.web(value) or "" if value else ""


def _moment(value: Any, *, name: str, at: Lines) -> datetime | None:
    if isinstance(value, str) and value.strip():
        given = value.strip()
        try:
            value = datetime.fromisoformat(given)
        except ValueError as error:
            # “24. November 2026” is a date, too.
            value = page_furniture.read_date(given)
            if value is None:
                problem = _("“%(date)s” is not a date such as 2026-11-24", date=given[:40])
                raise wrong(name, at.get("date", 1), problem) from error
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.combine(value, time(), tzinfo=UTC) if isinstance(value, date) else None
