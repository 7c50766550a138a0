"""Lines of a text file → whole paragraphs, whether they were wrapped by hand or written in one line. Pure."""

import itertools
import re

_WRAP_WIDTHS = range(40, 121)
"""Widths at which people and programs wrap text; longer lines are paragraphs in one line."""
_LEAST_WRAPPED = 3
_TERMINAL = re.compile(r"[.!?…。！？؟۔:;][\"'”’»«)\]›‹“„*]*$")
_BULLET = re.compile(r"\s*(?:[•·▪◦‣*–—-]|\d{1,2}[.)])\s+\S")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef]")


def ends_sentence(line: str) -> bool:
    """True when the line ends as a sentence does, closing quotes aside."""
    return bool(_TERMINAL.search(line.rstrip()))


def of(text: str, *, alone: frozenset[int] = frozenset()) -> list[str]:
    """The paragraphs of ``text``, each on one line. ``alone`` are indexes of lines that are never joined to another."""
    lines = [_tidy(line) for line in text.split("\n")]
    width = wrap_width(lines)
    paragraphs: list[str] = []
    gap, last = True, ""
    for index, line in enumerate(lines):
        if not line.strip():
            gap = True
            continue
        free = index not in alone and index - 1 not in alone
        if paragraphs and free and _continues(last, line, gap=gap, width=width):
            paragraphs[-1] = _joined(paragraphs[-1], line.strip())
        else:
            paragraphs.append(line.strip())
        gap, last = False, line
    return paragraphs


def wrap_width(lines: list[str]) -> int:
    """The width at which the text was wrapped; 0 when its paragraphs are lines.

    A wrapped line had no room for the first word of the next. By that measure some one-line paragraphs look
    wrapped too, but they end with a full stop; lines that were cut by a width seldom do.
    """
    filled = sorted(len(line.rstrip()) for line in lines if len(line) >= _WRAP_WIDTHS.start and " " in line.strip())
    if not filled:
        return 0
    width = filled[min(len(filled) - 1, int(0.95 * len(filled)))]
    if width not in _WRAP_WIDTHS:
        return 0
    full = [a for a, b in itertools.pairwise(lines) if b.strip() and a.strip() and _is_full(a, b, width)]
    cut = [line for line in full if not ends_sentence(line)]
    breaks = sum(bool(a.strip() and b.strip()) for a, b in itertools.pairwise(lines))
    if len(full) < min(_LEAST_WRAPPED, max(1, breaks)) or len(full) * 2 < breaks or len(cut) * 2 <= len(full):
        return 0
    return width


def _continues(last: str, line: str, *, gap: bool, width: int) -> bool:
    if _BULLET.match(line):
        return False
    if gap:
        # Blank lines within a sentence: text saved from a page breaks at links and between columns.
        return _is_cut(last, line)
    if not width:
        return _is_cut(last, line)
    indented = len(line) - len(line.lstrip()) >= 2 and not last.startswith((" ", "\t"))
    if indented:
        return False
    return _is_full(last, line, width) or _is_cut(last, line)


def _is_cut(last: str, line: str) -> bool:
    """A sentence goes on in the next line, whatever the width."""
    return len(last.strip()) >= _WRAP_WIDTHS.start and not ends_sentence(last) and line.lstrip()[0].islower()


def _is_full(line: str, following: str, width: int) -> bool:
    first = following.split(maxsplit=1)[0]
    # A little slack: rulers count tabs, wide letters and trailing blanks differently.
    return len(line.rstrip()) <= width + 20 and len(line.rstrip()) + 1 + len(first) > width - 2


def _joined(paragraph: str, line: str) -> str:
    if re.search(r"[^\W\d_]-$", paragraph) and line[0].islower():
        return paragraph + line
    if _WIDE.match(paragraph[-1]) and _WIDE.match(line[0]):
        return paragraph + line
    return f"{paragraph} {line}"


def _tidy(line: str) -> str:
    """Odd blanks become blanks; joiners, which Persian needs, and the indent stay."""
    line = re.sub("[\xa0\u2000-\u200a\u202f\u205f\u3000\t]", " ", line)
    line = re.sub("[\u200b\u2060\xad\u2028\u2029\x0b\x0c]", "", line)
    indent = len(line) - len(line.lstrip())
    return line[:indent] + re.sub(" {2,}", " ", line[indent:]).rstrip()
