"""What a mail server said, without the people it said it about: fit for counting, and for more eyes. Pure."""

import re

# Whatever stands around an at-sign; quotes and angle brackets go with it. Backslashes and %40 are how logs write it.
_ADDRESS = re.compile(r"<?[^\s<>()\[\],;:]+(?:@|%40)[^\s<>()\[\],;:]*>?", re.IGNORECASE)
_QUOTED_LOCAL = re.compile(r'<?"[^"\r\n]*"@[^\s<>,;:]*>?')
# Queue ids and session names differ from reply to reply; a word with a digit and of some length is one of them.
_NUMBERED = re.compile(r"\b(?=[\w.-]*\d)(?=[\w.-]*[A-Za-z])[\w.-]{8,}\b|\b\d{5,}\b")
_ENHANCED = re.compile(r"^[245]\.\d{1,3}\.\d{1,3}[ -]?")
HIDDEN = "…"


def addresses(text: str) -> str:
    """The text with every address replaced by an ellipsis."""
    if "@" not in text and "%40" not in text:
        return text
    return _ADDRESS.sub(HIDDEN, _QUOTED_LOCAL.sub(HIDDEN, text))


def kind(text: str) -> str:
    """What equal replies have in common: no address, no queue id, no enhanced code before it."""
    words = _NUMBERED.sub(HIDDEN, addresses(_ENHANCED.sub("", text.strip())))
    return re.sub(r"…(?:[\s…]*…)+", HIDDEN, " ".join(words.split()))[:200]
