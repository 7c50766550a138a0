"""What stands in a text without being the story: captions, bylines, dates, labels, the headline once more. Pure."""

import re

from newsletter.articles.text import lengths
from newsletter.articles.text.blocks import Block

LEAST_PROSE = 15
"""Words of a paragraph that counts as prose although no full stop ends it."""
_CAPTION = 25
_LINE = 12
"""Words of a caption beside a picture, and of a byline or a note that stands on a line of its own."""
_ENDED = re.compile(r"[.!?…。！？｡؟۔।॥።‼⁉]['\"”’“»«›」』）)\]】\s]*$")
_CREDIT = re.compile(
    r"(?:^|[\s(\[|/])(?:photo(?:graph|s)?|picture|image|illustration|credit|foto(?:s|graf)?|bild|grafik|quelle|source"
    r"|crédits?|photographie|imagen|fuente|foto’s|zdjęcie|фото|عکس|تصویر|صورة|الصورة|تصوير|图片?|图源|摄影|写真|撮影"
    r"|출처|사진|צילום)(?:\s+(?:by|von|de|par|di|door|از))?\s*[:：/©|]"
    r"|^\s*[©(]\s*(?:c\))?|\bgetty images\b|\bshutterstock\b|\bpicture alliance\b",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"(?:by|words by|text(?:e)?\s*:|words\s*:|reported by|von|par|por|di|door|av|af|autor(?:in)?\s*:|автор\s*:"
    r"|نوشته[ٔی]?|نویسنده\s*:?|گزارش\s*:|خبرنگار\s*:|به قلم|بقلم|كتب[ته]?|تقرير\s*:|记者|作者|文[／/:：|]|מאת)"
    r"(?=[\s:：/／|]|$)",
    re.IGNORECASE,
)
_JOINING = frozenset(
    {"and", "und", "et", "y", "e", "en", "i", "och", "og", "of", "for", "de", "der", "van", "von", "da", "di"}
)
_NOTE = re.compile(
    r"(?:(?:last )?updated?|published|posted|first published|reading time|read time|stand|aktualisiert|veröffentlicht|"
    r"lesezeit|mis à jour|publié|actualizado|publicado|به‌روز|منتشر شده|آخر تحديث|更新|发布)\b",
    re.IGNORECASE,
)


def reads_as_prose(text: str) -> bool:
    """Ends as a sentence does, or is too long for a label."""
    return bool(_ENDED.search(text)) or lengths.words(text) >= LEAST_PROSE


def is_label(blocks: list[Block], at: int) -> bool:
    """What stands over a list, or in place of a heading: no sentence of the story."""
    block = blocks[at]
    listed = at + 1 < len(blocks) and blocks[at + 1].tag in {"li", "dt", "td", "th"}
    if listed and block.text.rstrip().endswith((":", "：")):
        return True
    return block.heavy >= len("".join(block.text.split())) and lengths.words(block.text) <= _LINE


def is_line(blocks: list[Block], at: int, *, title: str, byline: str) -> bool:
    """A caption, a byline, a date of publication, or the headline once more."""
    block = blocks[at]
    text, count = block.text, lengths.words(block.text)
    if _bare(text) in {_bare(title), ""}:
        return True
    if byline and count <= _LINE + lengths.words(byline) and _bare(byline) in _bare(text):
        return True
    if count <= _LINE and (_NOTE.match(text) or (_BYLINE.match(text) and _is_of_names(text))):
        return True
    return _is_caption(blocks, at)


def _is_of_names(text: str) -> bool:
    """“By Ada Example and Jo Sample.”, but not “By Friday the pier was open.”."""
    names = [word.strip(",.") for word in text.split()[1:] if word[:1].isalpha()]
    return bool(names) and all(not word[0].islower() or word in _JOINING for word in names)


def _is_caption(blocks: list[Block], at: int) -> bool:
    block = blocks[at]
    beside = block.pictures > 0 or any(near.pictures and not near.text for near in blocks[max(at - 1, 0) : at])
    count = lengths.words(block.text)
    if count <= _CAPTION and _CREDIT.search(block.text):
        return True
    slanted = block.slanted >= len("".join(block.text.split()))
    return beside and count <= 2 * _CAPTION and (slanted or (block.pictures > 0 and count <= _CAPTION))


def _bare(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())
