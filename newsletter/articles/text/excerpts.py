"""The first sentences of a story, for where nobody wrote a summary. Pure."""

from dataclasses import dataclass

from newsletter.articles.text import bounds, captions_and_bylines, lengths, sentences
from newsletter.articles.text.blocks import Block, blocks_of

LENGTH = 60
"""Words; it ends with the sentence that comes nearest from below, or a little above."""
_ENOUGH = 25
_MOST = 75
_TOO_LONG = 90
"""Words of a first sentence that is cut inside after all."""
_READ = 4_000
"""Characters of one paragraph that are looked at: far more than any excerpt has."""
_BEGINNING = 20_000
"""Characters of a body, its markup included, in which an excerpt begins."""
_APART = frozenset(
    {"li", "h2", "h3", "h4", "figcaption", "caption", "td", "th", "dt", "dd", "pre", "blockquote", "figure", "table"}
)


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """Plain text on one line."""

    text: str
    whole: bool
    """Not a word of the story is left out."""


def of(body: str, *, language: str, title: str = "", byline: str = "") -> Excerpt:
    """About 60 words of a stored body, cut where a sentence ends; empty when it holds no prose."""
    beginning = bounds.beginning(body, characters=_BEGINNING)
    blocks = blocks_of(beginning)
    words = sum(lengths.words(block.text) for block in blocks)
    text = _cut(_opening(blocks, title=title, byline=byline), language=language)
    return Excerpt(text=text, whole=beginning == body and lengths.words(text) >= words)


def _opening(blocks: list[Block], *, title: str, byline: str) -> list[str]:
    """The first paragraphs of prose; where there are none, what is quoted or listed, and at last whatever there is."""
    prose = [at for at, block in enumerate(blocks) if _is_prose(blocks, at, title=title, byline=byline)]
    if prose:
        return [blocks[at].text for at in _run(blocks, prose)]
    for tags in ({"blockquote", "p"}, {"li"}, {"dd", "td"}):
        found = [
            block.text
            for at, block in enumerate(blocks)
            if block.tag in tags
            and not captions_and_bylines.is_line(blocks, at, title=title, byline=byline)
            and captions_and_bylines.reads_as_prose(block.text)
        ]
        if found:
            return found
    return [
        block.text
        for at, block in enumerate(blocks)
        if block.tag in {"p", "blockquote"}
        and block.text
        and not captions_and_bylines.is_line(blocks, at, title=title, byline=byline)
    ]


def _run(blocks: list[Block], prose: list[int]) -> list[int]:
    """The paragraphs that follow one another; a heading or a list ends the run once there is something to read."""
    taken: list[int] = []
    for at in prose:
        between = blocks[taken[-1] + 1 : at] if taken else []
        broken = any(block.tag in _APART - {"figcaption", "blockquote", "figure"} for block in between)
        if broken and sum(lengths.words(blocks[number].text) for number in taken) >= captions_and_bylines.LEAST_PROSE:
            break
        taken.append(at)
    return taken


def _is_prose(blocks: list[Block], at: int, *, title: str, byline: str) -> bool:
    block = blocks[at]
    if block.tag != "p" or not _APART.isdisjoint(block.within) or not captions_and_bylines.reads_as_prose(block.text):
        return False
    return not captions_and_bylines.is_line(
        blocks, at, title=title, byline=byline
    ) and not captions_and_bylines.is_label(blocks, at)


def _cut(paragraphs: list[str], *, language: str) -> str:
    """Whole sentences, about as many words as fit."""
    taken: list[str] = []
    count = 0
    for sentence in (part for text in paragraphs for part in sentences.split(text[:_READ], language=language)):
        more = lengths.words(sentence)
        if taken and (count >= LENGTH or (count >= _ENOUGH and count + more > _MOST) or count + more > _TOO_LONG):
            break
        taken.append(sentence)
        count += more
    text = sentences.joined(taken)
    return text if count <= _TOO_LONG else _shortened(text)


def _shortened(text: str) -> str:
    """A sentence without end, cut between words, at a comma where it is near."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if lengths.words(text[:middle]) <= LENGTH else (low, middle - 1)
    cut = text[:low]
    if low < len(text) and " " in cut[len(cut) // 2 :] and not text[low].isspace():
        cut = cut.rsplit(" ", 1)[0]
    clause = max((cut.rfind(sign) for sign in ",;:،؛、，；："), default=-1)
    if clause > len(cut) * 2 // 3:
        cut = cut[:clause]
    return cut.rstrip(" ,;:،؛、，；：—–-(“„«「") + "…"
