"""How long a text is, in words, also where no spaces stand between them. Pure."""

import re

# Scripts without spaces, with how many of their letters make about one word of the others.
_DENSE = (
    (re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"), 2),
    (re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"), 5),
)
_WORD = re.compile(r"[^\W_]+(?:[-'’.\u200c\u00ad/&@_][^\W_]+)*")


def words(text: str) -> int:
    """About how many words; a text of two ideographs or more has at least one."""
    count = 0
    for letters, per_word in _DENSE:
        text, dense = letters.subn(" ", text)
        count += -(-dense // per_word)
    return count + len(_WORD.findall(text))
