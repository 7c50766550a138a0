"""What writers leave in a text for each other or for members, told apart from what is for every reader. Pure.

Obsidian's `%%…%%`, HTML comments, CriticMarkup, the comments at the end of a Google document saved as text,
instructions to a website's software, and what stands behind a members-only mark. Code keeps its signs.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from newsletter.articles.drafts import LeftOut, Why
from newsletter.articles.reading import code_spans
from newsletter.articles.reading.not_for_readers import members, shortcodes
from newsletter.articles.reading.not_for_readers.left_out import anchor

Render = Callable[[str], str]
"""How the text becomes HTML, so that a piece can be put back."""

_HELD = re.compile("\ue0f0(\\d+)\ue0f1")
_MACHINE = re.compile(
    r"\s*+(?:/?wp:|more\b|nextpage|noteaser|/?kg-|\[if\b|\[endif|#|/?toc\b|/?truncate|excerpt|end[-_ ]?excerpt"
    r"|prettier-|markdownlint|lint"
    r"|vale\b|textlint|StartFragment|EndFragment|\W*+$)",
    re.IGNORECASE,
)
"""Comments that a program wrote for a program: nothing that a person would put back."""
_END_OF_COMMENT = r"\{%-?\s*+endcomment\s*+-?%\}"
_END_OF_NOTE = r"\*/\s*+-?\}\}"
_REMARKS: tuple[tuple[re.Pattern[str], re.Pattern[str] | None, Why], ...] = (
    (re.compile(r"%%(?P<words>.*?)%%", re.DOTALL), None, Why.REMARK),
    (re.compile(r"^[ \t]*+%%(?P<words>.*)\Z", re.DOTALL | re.MULTILINE), None, Why.REMARK),
    (re.compile(r"<!--(?P<words>.*?)(?:-->|\Z)", re.DOTALL), None, Why.REMARK),
    (re.compile(r"\{>>(?P<words>.*?)<<\}", re.DOTALL), re.compile(r"<<\}"), Why.REMARK),
    (re.compile(r"\{--(?P<words>.*?)--\}", re.DOTALL), re.compile(r"--\}"), Why.DELETED),
    (re.compile(r"\{~~(?P<words>(?:(?!\{~~).)*?)~>(?P<kept>.*?)~~\}", re.DOTALL), re.compile(r"~~\}"), Why.DELETED),
    (
        re.compile(rf"\{{%-?\s*+comment\b(?:(?!\{{%).)*?%\}}(?P<words>.*?){_END_OF_COMMENT}", re.DOTALL),
        re.compile(_END_OF_COMMENT),
        Why.REMARK,
    ),
    (
        re.compile(rf"\{{\{{-?\s*+/\*(?P<words>.*?){_END_OF_NOTE}", re.DOTALL),
        re.compile(_END_OF_NOTE),
        Why.REMARK,
    ),
    (re.compile(r"\{#(?P<words>(?:(?!\{#)[^\n])*?)#\}"), None, Why.REMARK),
    (re.compile(r"(?P<words>\{\{[<%](?:(?!\{\{[<%])[^\n])*?[>%]\}\})"), None, Why.CODE),
    (re.compile(r"(?P<words>\{%(?:(?!\{%)[^\n])*?%\})"), None, Why.CODE),
)
"""How each is written. Behind the last of its ends none is looked for: each would walk to the end of the text."""
_SUGGESTED = re.compile(r"\{(\+\+|==)(.*?)(?:\+\+|==)\}", re.DOTALL)
_GOOGLE_MARK = re.compile(r"\[([a-z]{1,2})\]")
_GOOGLE_COMMENT = re.compile(r"^\[([a-z]{1,2})\](?!\(|\[|:)[ \t]*\S", re.MULTILINE)
_SIGNS = re.compile(
    r"<[^<>]*+>|\]\([^)\s\]]*+\)|!?\[\[?|\]\]?|[*_`~]++|^[^\S\n]*+(?:[#>]++|[-+*•]|\d++[.)])\s+", re.MULTILINE
)


@dataclass(frozen=True, kw_only=True)
class Parted:
    text: str
    left_out: tuple[LeftOut, ...]
    is_for_members: bool = False
    """All of it: it stays, and the article is kept back."""


def part(text: str, *, render: Render, shown: Callable[[str], str] = str, code: bool = False) -> Parted:
    """The text for every reader, and what was kept out of it; with ``code`` Markdown's code keeps its signs.

    ``shown`` says how a paragraph reads in the end: by its words a piece finds its place again.
    """
    held: list[str] = []
    if code:
        text = code_spans.replaced(text, lambda piece: _hold(piece, held))
    end = max(text.rfind("++}"), text.rfind("==}")) + 3
    text = _SUGGESTED.sub(r"\2", text[:end]) + text[end:]
    reader = _Reader(render=render, shown=shown, held=held)
    everything, text = text, reader.without_members(text)
    taken = sum(len(piece.text.split()) for piece in reader.found)
    if is_for_members := members.is_nearly_all(taken, left=len(text.split())):
        reader.found, text = [], members.without_marks(everything)
    text = reader.without_google_comments(text)
    for pattern, end_of_one, why in _REMARKS:
        text = reader.without(_found(pattern, end_of_one, text), why, text)
    text = reader.without(shortcodes.pattern(text).finditer(text), Why.CODE, text)
    return Parted(text=_released(text, held), left_out=tuple(reader.found), is_for_members=is_for_members)


def of_field(text: str, *, html: bool = False) -> tuple[str, tuple[LeftOut, ...]]:
    """A title, a summary or a byline for readers, and what writers left in it for each other.

    In HTML comments are for programs, and a remark does not reach beyond its element.
    """
    found: list[LeftOut] = []
    for pattern, end_of_one, why in _REMARKS:
        if why is Why.CODE:
            continue
        parts: list[str] = []
        end = 0
        for match in _found(pattern, end_of_one, text):
            if _is_number(match) or (html and "<" in match[0]):
                continue
            parts += [text[end : match.start()], match.groupdict().get("kept") or ""]
            end = match.end()
            words = " ".join(match["words"].split())
            if any(character.isalnum() for character in words) and not _is_machines(match):
                found.append(LeftOut(text=words, why=why))
        if end:
            text = re.sub(r" {2,}", " ", "".join([*parts, text[end:]])).strip()
    return text, tuple(found)


def among(text: str) -> list[str]:
    """The remarks in Markdown from which nothing is left out, each as it stands; code keeps its signs."""
    held: list[str] = []
    text = code_spans.replaced(text, lambda _piece: _hold("", held))
    patterns = [(pattern, end) for pattern, end, why in _REMARKS if why is not Why.CODE]
    matches = [match for pattern, end in patterns for match in _found(pattern, end, text)]
    telling = (match for match in matches if not _is_number(match) and not _is_machines(match))
    return list(dict.fromkeys(match[0] for match in sorted(telling, key=lambda match: match.start())))


def _found(pattern: re.Pattern[str], end: re.Pattern[str] | None, text: str) -> Iterator[re.Match[str]]:
    last = max((match.end() for match in end.finditer(text)), default=0) if end else len(text)
    return pattern.finditer(text, 0, last)


def _is_machines(match: re.Match[str]) -> bool:
    return match[0].startswith("<!--") and _MACHINE.match(match["words"]) is not None


def _is_number(match: re.Match[str]) -> bool:
    """“50%% to 60%%” are no remark."""
    return (
        match[0].startswith("%%")
        and match.string[max(0, match.start() - 1) : match.start()].isdigit()
        and match["words"][-1:].isdigit()
    )


_LONGEST_ABOVE = 4_000


class _Reader:
    """Takes pieces out of a text, and remembers each with the paragraph above it."""

    def __init__(self, *, render: Render, shown: Callable[[str], str], held: list[str]) -> None:
        self.found: list[LeftOut] = []
        self._render, self._shown, self._held = render, shown, held

    def without(self, matches: Iterable[re.Match[str]], why: Why, text: str) -> str:
        parts: list[str] = []
        above, end = "", 0
        for match in matches:
            between, kept = text[end : match.start()], match.groupdict().get("kept") or ""
            above = _last(above + between)
            if not _is_machines(match):
                self._note(match["words"], why, above=above)
            parts += [between, kept]
            above, end = above + kept, match.end()
        return "".join([*parts, text[end:]])

    def without_members(self, text: str) -> str:
        """Without what stands behind a members-only mark, up to the mark that ends it or the end of the text."""
        text = members.GATED.sub(self._gated, text)
        kept: list[str] = []
        above, end = "", 0
        for part in members.parts(text):
            kept.append(text[end : part.start])
            above = _last(above + kept[-1])
            self._note(text[part.begins : part.ends], Why.MEMBERS, above=above)
            end = part.end
        text = "".join([*kept, text[end:]])
        for match in re.finditer(r"^[^\n]+$", text, re.MULTILINE):
            if match.start() and members.WALL.fullmatch(match[0]):
                self._note(text[match.start() :], Why.MEMBERS, above=_before(text, match.start()))
                return text[: match.start()]
        return text

    def without_google_comments(self, text: str) -> str:
        """A Google document saved as text: `[a]` in a sentence, and `[a]Is this right?` at the very end."""
        places: dict[str, int] = {}
        referred: dict[str, int] = {}
        for sign in _GOOGLE_MARK.finditer(text):
            places.setdefault(sign[1], sign.start())
            if text[max(0, sign.start() - 1) : sign.start()].strip():
                referred.setdefault(sign[1], sign.start())
        for match in _GOOGLE_COMMENT.finditer(text):
            if referred.get(match[1], match.start()) >= match.start():
                continue
            tail = text[match.start() :]
            for comment in re.split(r"^(?=\[[a-z]{1,2}\])", tail, flags=re.MULTILINE):
                mark = _GOOGLE_MARK.match(comment)
                if mark:
                    above = _before(text, places[mark[1]])
                    self._note(comment[mark.end() :], Why.REMARK, above=re.sub(r"(?<=\S)\[[a-z]{1,2}\]", "", above))
            marks = set(re.findall(r"^\[([a-z]{1,2})\]", tail, re.MULTILINE))
            return re.sub(rf"\[(?:{'|'.join(sorted(marks))})\](?![(\[:])", "", text[: match.start()])
        return text

    def _gated(self, match: re.Match[str]) -> str:
        if not members.is_gated(match["rule"]):
            return match["inner"]
        self._note(match["inner"], Why.MEMBERS, above=_before(match.string, match.start()))
        return ""

    def _note(self, words: str, why: Why, *, above: str) -> None:
        words = _released(words, self._held).strip()
        shown = " ".join(_SIGNS.sub(" ", re.sub(r"<[^<>]*+>", " ", words)).split()) if why is not Why.CODE else words
        if not any(character.isalnum() for character in shown):
            return
        lines = reversed(above.rstrip().split("\n"))
        paragraph = "\n".join([*itertools.takewhile(str.strip, lines)][::-1])
        after = anchor(_SIGNS.sub("", self._shown(_released(paragraph, self._held))))
        self.found.append(LeftOut(text=shown, why=why, html=self._render(words), after=after))


def _last(text: str) -> str:
    """The end of a text, as much of it as its last paragraph may need."""
    return text[-_LONGEST_ABOVE:]


def _before(text: str, at: int) -> str:
    """The end of what stands before that place, as much as its last paragraph may need."""
    return text[max(0, at - _LONGEST_ABOVE) : at]


def _hold(text: str, held: list[str]) -> str:
    held.append(text)
    return f"\ue0f0{len(held) - 1}\ue0f1"


def _released(text: str, held: list[str]) -> str:
    return _HELD.sub(lambda match: held[int(match[1])] if int(match[1]) < len(held) else "", text)
