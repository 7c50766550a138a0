"""Markdown files with front matter → drafts. A mistake in the front matter is named by file and line."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import frontmatter
import yaml

from newsletter.articles import drafts, headline, language, markup, urls

_NAMES = {
    "title": ("title", "headline"),
    "standfirst": ("summary", "standfirst", "description", "excerpt", "subtitle"),
    "byline": ("byline", "author", "authors", "by"),
    "kicker": ("label", "kicker", "section", "category"),
    "language": ("language", "lang"),
    "url": ("url", "canonical", "canonical_url", "link"),
    "date": ("date", "published", "published_at"),
    "image": ("image", "picture", "cover"),
    "image_alt": ("image_alt", "picture_alt", "alt"),
    "image_credit": ("image_credit", "picture_credit", "credit"),
    "topics": ("topics", "tags"),
}
_HEADING = re.compile(r"\A\s*#{1,2}[ \t]+(?P<title>.+?)[ \t]*#*[ \t]*(?:\n|\Z)")
_UNDERLINED = re.compile(r"\A\s*(?P<title>[^\n]+)\n={3,}[ \t]*(?:\n|\Z)")


def read(text: str, *, name: str) -> drafts.Draft:
    """The draft in a Markdown text; ``name`` is the file's. Raises UnusableArticle."""
    values, body, line_of = _split(text, name)
    known = {ours: _first(values, names) for ours, names in _NAMES.items()}
    words = {key: _line(value, key=key, name=name, at=line_of) for key, value in known.items() if key not in _LISTS}
    title, body, notes = _title(words["title"], body)
    unused = sorted(set(values) - {alias for names in _NAMES.values() for alias in names})
    if unused:
        notes = (*notes, f"Front matter that is not used: {', '.join(key[:40] for key in unused[:10])}.")
    if not title:
        raise drafts.UnusableArticle(f"{name} has no title. Add one to its front matter, or a heading.", field=name)
    return drafts.Draft(
        title=title,
        body=markup.to_html(body),
        standfirst=words["standfirst"],
        byline=", ".join(_list(known["byline"], key="author", name=name, at=line_of)),
        kicker=words["kicker"],
        language=_language(words["language"], name=name, at=line_of),
        url=_url(words["url"], name=name, at=line_of),
        published_at=_moment(known["date"], name=name, at=line_of),
        topics=tuple(_list(known["topics"], key="topics", name=name, at=line_of)),
        image=words["image"],
        image_alt=words["image_alt"],
        image_credit=words["image_credit"],
        notes=notes,
    )


_LISTS = frozenset({"byline", "topics", "date"})
Lines = Mapping[str, int]
"""Key → the line of the file it stands in."""


def _split(text: str, name: str) -> tuple[dict[str, Any], str, Lines]:
    match = re.match(r"\A---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", text, re.DOTALL | re.MULTILINE)
    if match is None:
        if re.match(r"\A---[ \t]*\n[A-Za-z_]+:", text):
            raise _wrong(name, 1, "the front matter that begins here has no closing line of three dashes")
        return {}, text, {}
    lines = {
        key[1].lower(): number
        for number, line in enumerate(match["yaml"].split("\n"), start=2)
        if (key := re.match(r"([\w-]+)[ \t]*:", line))
    }
    try:
        values, _body = frontmatter.parse(f"---\n{match['yaml']}---\n")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it is not YAML"
        raise _wrong(name, mark.line + 2 if mark else 1, f"the front matter cannot be read: {problem}") from error
    except (ValueError, RecursionError) as error:
        raise _wrong(name, 1, "the front matter cannot be read") from error
    return {str(key).lower().replace("-", "_"): value for key, value in values.items()}, text[match.end() :], lines


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((values[name] for name in names if values.get(name) not in (None, "", [])), "")


def _line(value: Any, *, key: str, name: str, at: Lines) -> str:
    # Only scalars are turned into text: nested aliases could grow without end.
    if isinstance(value, str | int | float | date):
        return " ".join(str(value).split())
    raise _wrong(name, at.get(key, 1), f"“{key}” must be a text")


def _list(value: Any, *, key: str, name: str, at: Lines) -> list[str]:
    if isinstance(value, list):
        return [_line(one, key=key, name=name, at=at) for one in value[:100]]
    text = _line(value, key=key, name=name, at=at)
    return [part.strip() for part in text.split(",") if part.strip()] if key == "topics" else [text] if text else []


def _title(given: str, body: str) -> tuple[str, str, tuple[str, ...]]:
    """The title, and the body without it: from the front matter, a heading, or the first words."""
    heading = _HEADING.match(body) or _UNDERLINED.match(body)
    if heading and (not given or headline.same(heading["title"], given)):
        return given or re.sub(r"[*_`]", "", heading["title"]), body[heading.end() :], ()
    if given or not body.strip():
        return given, body, ()
    words = re.sub(r"[#*_`>\[\]]", "", body).split()[:12]
    return " ".join(words), body, ("No title was found: the first words stand in for it. Write a better one.",)


def _language(value: str, *, name: str, at: Lines) -> str:
    try:
        return language.tag(value)
    except language.UnknownLanguage as error:
        raise _wrong(name, at.get("language", at.get("lang", 1)), str(error).rstrip(".")) from error


def _url(value: str, *, name: str, at: Lines) -> str:
    if value and urls.web(value) is None:
        raise _wrong(name, at.get("url", 1), f"“{value[:80]}” is not a web address such as https://news.example.org/a")
    return urls.web(value) or "" if value else ""


def _moment(value: Any, *, name: str, at: Lines) -> datetime | None:
    if isinstance(value, str) and value.strip():
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise _wrong(name, at.get("date", 1), f"“{value[:40]}” is not a date such as 2026-11-24") from error
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.combine(value, time(), tzinfo=UTC) if isinstance(value, date) else None


def _wrong(name: str, line: int, problem: str) -> drafts.UnusableArticle:
    return drafts.UnusableArticle(f"{name}, line {line}: {problem}. Nothing was added.", field=name)
