"""A paragraph's sentences, in any script; what stands in quotes or brackets is never torn apart. Pure."""

import re

import sentencex

_PAIRS = {
    "(": ")", "[": "]", "（": "）", "［": "］", "「": "」", "『": "』", "【": "】", "《": "》", "〈": "〉",
    "«": "»", "“": "”", "„": "“”",
}  # fmt: skip
_MOST_TOGETHER = 6
"""Pieces joined for the sake of a bracket; a bracket that is never closed is a slip, and keeps nothing together."""
# An initial, or the short form of a word before a name: M. Dupont, د. أحمد.
_SHORT = re.compile(r"(?:^|[\s(«“„])[^\W\d_]\.$")
_ORDINAL = re.compile(r"(?:^|\s)\d{1,2}\.$")
_ORDINALS = {"de", "da", "nb", "nn", "no", "fi", "et", "cs", "sk", "pl", "hu", "hr", "sl", "sr", "lv", "is", "tr"}
"""Languages that write a day as “3.”."""
# Japanese goes on after a quotation with any of these.
_GOES_ON = re.compile(r"\s*(?:[と、，,;；)）\]」』】》〉”»]|って|[a-zà-öø-ÿα-ωа-яё])")


def split(text: str, *, language: str) -> list[str]:
    """The sentences, without the white space between them."""
    primary = language.replace("_", "-").split("-")[0].lower() or "en"
    pieces = [piece for piece in sentencex.segment(primary, text) if piece.strip()]
    return [piece.strip() for piece in _together(pieces, primary)]


def joined(sentences: list[str]) -> str:
    """Sentences as one paragraph: no space where the script has none."""
    out = ""
    for sentence in sentences:
        out += ("" if not out or _is_wide(out.rstrip("”’」』）")[-1:]) else " ") + sentence
    return out


def _together(pieces: list[str], language: str) -> list[str]:
    out: list[str] = []
    at = 0
    while at < len(pieces):
        end = _end(pieces, at)
        piece = "".join(pieces[at:end])
        if out and _belongs_to(out[-1], piece, language):
            out[-1] += piece
        else:
            out.append(piece)
        at = end
    return out


def _end(pieces: list[str], at: int) -> int:
    """Behind the piece in which all brackets and quotes that are open are closed."""
    text = ""
    for end in range(at, min(at + _MOST_TOGETHER, len(pieces))):
        text += pieces[end]
        if not _is_open(text):
            return end + 1
    return at + 1


def _is_open(text: str) -> bool:
    waiting: list[str] = []
    for sign in text:
        if waiting and sign in waiting[-1]:
            waiting.pop()
        elif sign in _PAIRS:
            waiting.append(_PAIRS[sign])
    return bool(waiting) or text.count('"') % 2 == 1


def _belongs_to(before: str, piece: str, language: str) -> bool:
    ended = before.rstrip()
    if _SHORT.search(ended) or (language in _ORDINALS and _ORDINAL.search(ended)):
        return True
    return _GOES_ON.match(piece) is not None


def _is_wide(sign: str) -> bool:
    return bool(sign) and (sign in "。！？…" or "\u3040" <= sign <= "\u9fff")
