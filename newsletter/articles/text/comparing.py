"""Two lines compared: what their spellings have in common, and whether an editor would call them the same. Pure."""

import difflib
import functools
import re
import unicodedata

_FUZZY = 0.9
FUZZY_LENGTH = 20
LONGEST = 300
"""No headline is longer; comparing paragraphs letter by letter would take forever."""
_QUOTES = str.maketrans(dict.fromkeys("‘’‚‛′`´", "'") | dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("–—‐‑‒―", "-"))


@functools.lru_cache(maxsize=4096)
def core(line: str) -> str:
    """What two spellings of a line have in common: case, quotes, dashes and closing marks make no difference."""
    plain = unicodedata.normalize("NFKC", line).translate(_QUOTES).casefold()
    return " ".join(re.sub(r"[\"“”']", "", plain).split()).strip(" .…|-:·•")


def same(first: str, second: str) -> bool:
    """One line said twice, small differences of an editor's hand included."""
    if max(len(first), len(second)) > LONGEST:
        return first == second
    a, b = core(first), core(second)
    if a == b:
        return bool(a)
    if min(len(a), len(b)) < FUZZY_LENGTH or abs(len(a) - len(b)) > 0.2 * max(len(a), len(b)):
        return False
    matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
    return matcher.real_quick_ratio() >= _FUZZY and matcher.quick_ratio() >= _FUZZY and matcher.ratio() >= _FUZZY
