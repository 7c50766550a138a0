"""A table of contents in a Markdown text, told apart from the story: in a mail its links lead nowhere. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.articles.drafts import LeftOut, Why
from newsletter.articles.reading.markdown import dialect
from newsletter.articles.reading.not_for_readers.left_out import anchor
from newsletter.articles.text import comparing

_NAMES = """
contents|table of contents|content|toc|on this page|in this article|in this story|in this post|in this issue|overview
inhalt|inhaltsverzeichnis|inhaltsübersicht|auf dieser seite|in diesem artikel|in diesem beitrag|in dieser ausgabe
sommaire|table des matières|au sommaire|dans cet article|sur cette page|índice|contenido|contenidos|tabla de contenidos
en este artículo|en esta página|conteúdo|sumário|neste artigo|nesta página|indice|sommario|in questo articolo
in questa pagina|inhoud|inhoudsopgave|in dit artikel|op deze pagina|innehåll|innehållsförteckning|indhold
indholdsfortegnelse|innhold|innholdsfortegnelse|sisällys|sisällysluettelo|spis treści|w tym artykule|obsah|tartalom
cuprins|содержание|оглавление|в этой статье|зміст|içindekiler|bu yazıda|bu sayfada|فهرست|فهرست مطالب|محتوا|محتویات
در این مطلب|در این نوشته|در این صفحه|در این مقاله|المحتويات|جدول المحتويات|محتويات|في هذا المقال|في هذه الصفحة
תוכן|תוכן עניינים|目次|目录|目錄|목차|विषय सूची
"""
_EXACT = frozenset(name for line in _NAMES.strip().splitlines() for name in line.split("|"))
_MARK = re.compile(
    r"[ \t]*(?:@?\[\[?_?toc_?\]?\]|\$\{toc\}|\{:\s?toc[^}\n]*\}|\{\{\s?toc\s?\}\}|\[table[ _-]of[ _-]contents\])[ \t]*",
    re.IGNORECASE,
)
"""Where a program would write the table; nothing that a person would put back."""
_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+(?P<words>\S.*)")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}(?:\.\d{1,3})*[.)]?)[ \t]+(?P<words>\S.*)")
_TO_HERE = re.compile(r"\[[^\[\]\n]+\]\(#[^)\s]*\)|\[\[#[^\[\]\n]+\]\]")
_SIGNS = re.compile(r"\]\([^)\s\]]*+\)|\[\[#?|[\[\]*_`#>]+")
_SHORT = 20
_FENCE = re.compile(r"[ \t]{0,3}(?:`{3,}|~{3,})")


@dataclass(frozen=True, kw_only=True)
class Parted:
    text: str
    left_out: tuple[LeftOut, ...] = ()


def part(markdown: str) -> Parted:
    """The text without its table of contents, and the table."""
    lines = markdown.split("\n")
    found: list[LeftOut] = []
    kept: list[str] = []
    at, fenced = 0, False
    headings = frozenset(
        comparing.core(_words(heading["words"])) for line in lines if (heading := _HEADING.fullmatch(line))
    )
    while at < len(lines):
        fenced ^= bool(_FENCE.match(lines[at]))
        mark = 0 if fenced else _mark(lines, at)
        end = 0 if fenced or mark else _table(lines, at, headings=headings, above=kept)
        if end:
            found.append(_piece(lines[at:end], above=kept))
        elif not mark:
            kept.append(lines[at])
        at = mark or end or at + 1
    return Parted(text="\n".join(kept), left_out=tuple(found))


def _mark(lines: Sequence[str], at: int) -> int:
    """The line below a program's mark: `[TOC]`, or a point of a list that `{:toc}` stands under."""
    if _MARK.fullmatch(lines[at]):
        return at + 1
    item = _ITEM.fullmatch(lines[at])
    return at + 2 if item and len(item["words"]) <= _SHORT and _MARK.fullmatch(_line(lines, at + 1)) else 0


def _table(lines: Sequence[str], at: int, *, headings: frozenset[str], above: Sequence[str]) -> int:
    """The line below the table that begins here; 0 where none does."""
    if not lines[at].strip():
        return 0
    at_top = not any(line.strip() for line in above)
    if not _is_name(lines[at]):
        # A list of nothing but links to places in the text itself; only from its first point on.
        if above and _ITEM.fullmatch(above[-1]):
            return 0
        entries, end = _entries(lines, at)
        return end if len(entries) >= (1 if at_top else 2) and _lead_here(entries) else 0
    entries, end = _entries(lines, _filled(lines, at + 1))
    if not entries:
        return 0
    only_links = _lead_here(entries)
    again = all(comparing.core(_words(entry)) in headings for entry in entries)
    stands_above_title = at_top and _HEADING.fullmatch(_line(lines, end)) is not None
    return end if only_links or again or stands_above_title else 0


def _lead_here(entries: Sequence[str]) -> bool:
    return all(_TO_HERE.fullmatch(entry.rstrip()) for entry in entries)


def _is_name(line: str) -> bool:
    heading = _HEADING.fullmatch(line)
    words = _words(heading["words"] if heading else line).strip(" :")
    return words.casefold() in _EXACT


def _entries(lines: Sequence[str], at: int) -> tuple[list[str], int]:
    """The points of the list that begins here, and the line below it, behind blank ones."""
    found: list[str] = []
    end = at
    for number in range(at, len(lines)):
        item = _ITEM.fullmatch(lines[number])
        if lines[number].strip() and item is None:
            break
        if item:
            found.append(item["words"])
            end = number + 1
    return found, _filled(lines, end) if found else end


def _filled(lines: Sequence[str], at: int) -> int:
    return next((number for number in range(at, len(lines)) if lines[number].strip()), len(lines))


def _line(lines: Sequence[str], at: int) -> str:
    return lines[at] if at < len(lines) else ""


def _piece(lines: Sequence[str], *, above: Sequence[str]) -> LeftOut:
    matches = ((line, _HEADING.fullmatch(line) or _ITEM.fullmatch(line)) for line in lines)
    words = " ".join(_words(match["words"] if match else line) for line, match in matches)
    before = next((_words(line) for line in reversed(above) if line.strip()), "")
    return LeftOut(
        text=" ".join(words.split()), why=Why.PAGE, html=dialect.to_html("\n".join(lines)), after=anchor(before)
    )


def _words(line: str) -> str:
    return " ".join(_SIGNS.sub(" ", line).split())
