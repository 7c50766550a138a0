"""Markdown as note-taking programs write it (Obsidian, Notion) → plain Markdown that a reader can be shown. Pure."""

import re
from typing import Any

from newsletter.articles.reading import code_spans

_WIKI = re.compile(r"(?<!!)\[\[(?P<page>[^\[\]|#^\n]*)(?:[#^][^\[\]|\n]*)?(?:\|(?P<label>[^\[\]\n]*))?\]\]")
_EMBED = re.compile(r"!\[\[(?P<file>[^\[\]|\n]+)(?:\|(?P<label>[^\[\]\n]*))?\]\]")
_IMAGE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)$", re.IGNORECASE)
_BLOCK_ID = re.compile(r"(?<![ \t])[ \t]++\^[A-Za-z0-9-]{3,}+[ \t]*+$", re.MULTILINE)
_CALLOUT = re.compile(r"^(?P<quote>(?:>[ \t]*)+)\[!\w+\][+-]?[ \t]*(?P<title>[^\n]*)$", re.MULTILINE)
_HIGHLIGHT = re.compile(r"(?<![=\w])==(?=\S)([^=\n]+?)(?<=\S)==(?![=\w])")
_TASK = re.compile(r"^(?P<point>[ \t]*[-*+][ \t]+)\[[ xX/-]\][ \t]+", re.MULTILINE)
_QUERY = re.compile(r"(?:`{3,}+|~{3,}+)(?:dataview|dataviewjs|tasks|query|button)\b")
_FENCE = re.compile(r"`{3,}+|~{3,}+")
_FOOTNOTE = re.compile(r"^\[\^(?P<name>[^\[\]\s]++)\]:[ \t]*(?P<text>[^\n]*(?:\n[ \t]{2,}[^\n]*)*)\n?", re.MULTILINE)
_NOTED = re.compile(r"\[\^(?P<name>[^\[\]\s]++)\]")
_INLINE_NOTE = re.compile(r"\^\[(?P<text>[^\[\]\n]+)\]")
_PROPERTY = re.compile(r"(?P<key>[^\W\d_][\w /-]{0,30}):[ \t]*(?P<value>\S[^\n]*)")
_PROPERTIES = frozenset(
    [
        "status",
        "created",
        "created_time",
        "created_by",
        "last_edited",
        "last_edited_time",
        "last_edited_by",
        "tags",
        "author",
        "authors",
        "owner",
        "assign",
        "assignee",
        "date",
        "due",
        "due_date",
        "publish_date",
        "published",
        "url",
        "type",
        "category",
        "section",
        "property",
        "priority",
        "project",
        "stage",
        "reviewer",
        "editor",
    ]
)
"""Names under which Notion's tables keep what stands below a page's title in an export."""


def to_markdown(text: str) -> str:
    """Links by their labels, footnotes as text at the end, no marks of the program."""
    notes: dict[str, str] = {}
    # Code keeps its signs: it may well speak of this very notation.
    split = code_spans.split(text)
    for part in split[::2]:
        for definition in _FOOTNOTE.finditer(part):
            notes.setdefault(definition["name"], " ".join(definition["text"].split()))
    parts = [_code(part) if number % 2 else _plain(part, notes) for number, part in enumerate(split)]
    joined = "".join(parts)
    if not notes:
        return joined
    listed = "\n\n".join(f"{number}\\. {note}" for number, note in enumerate(notes.values(), start=1) if note)
    return f"{joined.rstrip()}\n\n---\n\n{listed}\n" if listed else joined


def _code(piece: str) -> str:
    """The piece; nothing of a piece that is a question to the program, which would show its answer."""
    asks = _QUERY.match(piece) and _FENCE.fullmatch(piece.rpartition("\n")[2].strip())
    return "" if asks else piece


def properties(body: str) -> tuple[str, dict[str, Any]]:
    """The text, and what a Notion export says of the page in lines between its title and its text."""
    match = re.match(r"(?P<head>\s*+#[ \t]++[^\n]++\n(?:[^\S\n]*+\n)++)(?P<lines>(?:[^\n]++\n)++)(?:\n|\Z)", body)
    lines = match["lines"].splitlines() if match else []
    pairs = [_PROPERTY.fullmatch(line.strip()) for line in lines]
    found = {pair["key"].lower().replace(" ", "_").replace("-", "_"): pair["value"].strip() for pair in pairs if pair}
    if (
        match is None
        or len(found) != len(lines)
        or not _PROPERTIES & set(found)
        or (len(lines) == 1 and "status" not in found)
    ):
        return body, {}
    wanted = {"owner": "author", "assign": "author", "assignee": "author", "publish_date": "date", "stage": "status"}
    values = {wanted.get(key, key): value for key, value in found.items() if key in _PROPERTIES}
    known = {
        key: value
        for key, value in values.items()
        if key in {"status", "author", "authors", "date", "tags", "url", "section"}
    }
    if isinstance(known.get("tags"), str):
        known["tags"] = [tag.strip() for tag in known["tags"].split(",")]
    return match["head"] + body[match.end() :], known


def _plain(text: str, notes: dict[str, str]) -> str:
    numbers = {name: number for number, name in enumerate(notes, start=1)}
    text = _FOOTNOTE.sub("", text)
    text = _NOTED.sub(lambda match: f"<sup>{numbers[match['name']]}</sup>" if match["name"] in numbers else "", text)
    text = _INLINE_NOTE.sub(lambda match: f" ({match['text'].strip()})", text)
    text = _EMBED.sub(_embedded, text)
    text = _WIKI.sub(lambda match: (match["label"] or match["page"].rsplit("/", 1)[-1]).strip(), text)
    text = _CALLOUT.sub(
        lambda match: f"{match['quote']}**{match['title'].strip()}**  " if match["title"].strip() else match["quote"],
        text,
    )
    text = _HIGHLIGHT.sub(r"<mark>\1</mark>", text)
    return _BLOCK_ID.sub("", _TASK.sub(r"\g<point>", text))


def _embedded(match: re.Match[str]) -> str:
    """A picture beside the file; another note that was to be shown here is not at hand."""
    file = match["file"].strip()
    if not _IMAGE.search(file):
        return ""
    label = (match["label"] or "").strip()
    return f"![{'' if label.isdigit() else label}](<{file}>)"
