"""What writers leave in a text for each other or for members, told apart from what is for every reader. Pure.

Obsidian's `%%…%%`, HTML comments, CriticMarkup, the comments at the end of a Google document saved as text,
instructions to a website's software, and what stands behind a members-only mark. Code keeps its signs.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from newsletter.articles import members, shortcodes
from newsletter.articles.left_out import LeftOut, Why, anchor

Render = Callable[[str], str]
"""How the text becomes HTML, so that a piece can be put back."""

_CODE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^(?P=fence)[`~]*[ \t]*$|\Z)|(?P<tick>`+)[^`\n].*?(?<!`)(?P=tick)(?!`)",
    re.M | re.S,
)
_HELD = re.compile("\ue0f0(\\d+)\ue0f1")
_MACHINE = re.compile(
    r"\s*(?:/?wp:|more\b|nextpage|noteaser|/?kg-|\[if\b|\[endif|#|/?toc\b|/?truncate|excerpt|end[-_ ]?excerpt|prettier-"
    r"|markdownlint|lint"
    r"|vale\b|textlint|StartFragment|EndFragment|\W*$)",
    re.IGNORECASE,
)
"""Comments that a program wrote for a program: nothing that a person would put back."""
_REMARKS: tuple[tuple[re.Pattern[str], Why], ...] = (
    (re.compile(r"%%(?P<words>.*?)%%", re.DOTALL), Why.REMARK),
    (re.compile(r"^[ \t]*%%(?P<words>.*)\Z", re.DOTALL | re.MULTILINE), Why.REMARK),
    (re.compile(r"<!--(?P<words>.*?)(?:-->|\Z)", re.DOTALL), Why.REMARK),
    (re.compile(r"\{>>(?P<words>.*?)<<\}", re.DOTALL), Why.REMARK),
    (re.compile(r"\{--(?P<words>.*?)--\}", re.DOTALL), Why.DELETED),
    (re.compile(r"\{~~(?P<words>.*?)~>(?P<kept>.*?)~~\}", re.DOTALL), Why.DELETED),
    (re.compile(r"\{%-?\s*comment\b.*?%\}(?P<words>.*?)\{%-?\s*endcomment\s*-?%\}", re.DOTALL), Why.REMARK),
    (re.compile(r"\{\{-?\s*/\*(?P<words>.*?)\*/\s*-?\}\}", re.DOTALL), Why.REMARK),
    (re.compile(r"\{#(?P<words>[^\n]*?)#\}"), Why.REMARK),
    (re.compile(r"(?P<words>\{\{[<%][^\n]*?[>%]\}\})"), Why.CODE),
    (re.compile(r"(?P<words>\{%[^\n]*?%\})"), Why.CODE),
)
_SUGGESTED = re.compile(r"\{(\+\+|==)(.*?)(?:\+\+|==)\}", re.DOTALL)
_GOOGLE_COMMENT = re.compile(r"^\[([a-z]{1,2})\](?!\(|\[|:)[ \t]*\S", re.MULTILINE)
_SIGNS = re.compile(r"<[^>]*>|\]\([^)\s]*\)|!?\[\[?|\]\]?|[*_`~]+|^\s*(?:[#>]+|[-+*•]|\d+[.)])\s+", re.MULTILINE)


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
        text = _CODE.sub(lambda match: _hold(match[0], held), text)
    text = _SUGGESTED.sub(r"\2", text)
    reader = _Reader(render=render, shown=shown, held=held)
    everything, text = text, reader.without_members(text)
    taken = sum(len(piece.text.split()) for piece in reader.found)
    if is_for_members := members.is_nearly_all(taken, left=len(text.split())):
        reader.found, text = [], members.without_marks(everything)
    text = reader.without_google_comments(text)
    for pattern, why in _REMARKS:
        text = reader.without(pattern, why, text)
    text = reader.without(shortcodes.pattern(text), Why.CODE, text)
    return Parted(text=_released(text, held), left_out=tuple(reader.found), is_for_members=is_for_members)


def of_field(text: str, *, html: bool = False) -> tuple[str, tuple[LeftOut, ...]]:
    """A title, a summary or a byline for readers, and what writers left in it for each other.

    In HTML comments are for programs, and a remark does not reach beyond its element.
    """
    found: list[LeftOut] = []
    for pattern, why in _REMARKS:
        if why is Why.CODE:
            continue
        parts: list[str] = []
        end = 0
        for match in pattern.finditer(text):
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
    text = _CODE.sub(lambda match: _hold("", held), text)
    matches = [match for pattern, why in _REMARKS if why is not Why.CODE for match in pattern.finditer(text)]
    telling = (match for match in matches if not _is_number(match) and not _is_machines(match))
    return list(dict.fromkeys(match[0] for match in sorted(telling, key=lambda match: match.start())))


def _is_machines(match: re.Match[str]) -> bool:
    return match[0].startswith("<!--") and _MACHINE.match(match["words"]) is not None


def _is_number(match: re.Match[str]) -> bool:
    """“50%% to 60%%” are no remark."""
    return match[0].startswith("%%") and match.string[: match.start()][-1:].isdigit() and match["words"][-1:].isdigit()


_LONGEST_ABOVE = 4_000


class _Reader:
    """Takes pieces out of one text, and remembers each with the paragraph above it."""

    def __init__(self, *, render: Render, shown: Callable[[str], str], held: list[str]) -> None:
        self.found: list[LeftOut] = []
        self._render, self._shown, self._held = render, shown, held

    def without(self, pattern: re.Pattern[str], why: Why, text: str) -> str:
        parts: list[str] = []
        above, end = "", 0
        for match in pattern.finditer(text):
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
                self._note(text[match.start() :], Why.MEMBERS, above=_last(text[: match.start()]))
                return text[: match.start()]
        return text

    def without_google_comments(self, text: str) -> str:
        """A Google document saved as text: `[a]` in a sentence, and `[a]Is this right?` at the very end."""
        for match in _GOOGLE_COMMENT.finditer(text):
            if not re.search(rf"\S\[{match[1]}\]", text[: match.start()]):
                continue
            tail = text[match.start() :]
            for comment in re.split(r"^(?=\[[a-z]{1,2}\])", tail, flags=re.MULTILINE):
                mark = re.match(r"\[([a-z]{1,2})\]", comment)
                if mark:
                    at = text.find(mark[0])
                    self._note(
                        comment[mark.end() :], Why.REMARK, above=re.sub(r"(?<=\S)\[[a-z]{1,2}\]", "", _last(text[:at]))
                    )
            marks = set(re.findall(r"^\[([a-z]{1,2})\]", tail, re.MULTILINE))
            return re.sub(rf"\[(?:{'|'.join(sorted(marks))})\](?![(\[:])", "", text[: match.start()])
        return text

    def _gated(self, match: re.Match[str]) -> str:
        if not members.is_gated(match["rule"]):
            return match["inner"]
        self._note(match["inner"], Why.MEMBERS, above=_last(match.string[: match.start()]))
        return ""

    def _note(self, words: str, why: Why, *, above: str) -> None:
        words = _released(words, self._held).strip()
        shown = " ".join(_SIGNS.sub(" ", re.sub(r"<[^>]*>", " ", words)).split()) if why is not Why.CODE else words
        if not any(character.isalnum() for character in shown):
            return
        paragraph = re.split(r"\n\s*\n", above.rstrip())[-1]
        after = anchor(_SIGNS.sub("", self._shown(_released(paragraph, self._held))))
        self.found.append(LeftOut(text=shown, why=why, html=self._render(words), after=after))


def _last(text: str) -> str:
    """As much of a text's end as its last paragraph may need."""
    return text[-_LONGEST_ABOVE:]


def _hold(text: str, held: list[str]) -> str:
    held.append(text)
    return f"\ue0f0{len(held) - 1}\ue0f1"


def _released(text: str, held: list[str]) -> str:
    return _HELD.sub(lambda match: held[int(match[1])] if int(match[1]) < len(held) else "", text)
