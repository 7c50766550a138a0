"""Replies of mail servers without the people they are about: fit for counting, and for more eyes. Pure."""

import re
from urllib.parse import quote

# How servers, logs and web pages write an at-sign: those with signs of their own first become a plain at-sign.
_SPELLED_OUT = re.compile(
    r"&#0{0,4}64;|&#x0{0,4}40;|&commat;|\((?:at|@)\)|\[(?:at|@)\]|[ \t]{1,3}@[ \t]{1,3}", re.IGNORECASE
)
_AT = re.compile(r"@|%(?:25)?40|[=+]40|\\x40|\\u0040", re.IGNORECASE)
# Whatever stands around an at-sign; quotes and angle brackets go with it.
_RUN = re.compile(r"<?[^\s<>()\[\],;:]++>?")
_QUOTED_LOCAL = re.compile(r'<?"[^"\r\n]{0,320}"(?:@|%40|[=+]40)[^\s<>,;:]*>?', re.IGNORECASE)
# Queue ids and session names differ from reply to reply: words of some length with a digit in them.
_WORD = re.compile(r"[\w.-]++")
_LONG_NUMBER = re.compile(r"\b\d{5,}+\b")
_LEAST_NAME = 8
_ENHANCED = re.compile(r"^[245]\.\d{1,3}\.\d{1,3}[ -]?")
HIDDEN = "…"


def addresses(text: str, *, of: str = "") -> str:
    """The text with every address replaced by an ellipsis; ``of``: an address to find however it is written."""
    text = _SPELLED_OUT.sub("@", text)
    if _AT.search(text):
        text = _RUN.sub(_hidden, _QUOTED_LOCAL.sub(HIDDEN, text))
    return _without_recipient(of, text) if of else text


def _hidden(run: re.Match[str]) -> str:
    return HIDDEN if _AT.search(run[0]) else run[0]


def _unnumbered(run: re.Match[str]) -> str:
    word = run[0].strip(".-")
    if len(word) >= _LEAST_NAME and re.search(r"\d", word) and re.search("[A-Za-z]", word):
        return run[0].replace(word, HIDDEN, 1)
    return _LONG_NUMBER.sub(HIDDEN, run[0])


def _without_recipient(address: str, text: str) -> str:
    """Without this address, whatever a server puts between its two parts."""
    local, _at, domain = address.rpartition("@")
    if not domain or domain.lower() not in text.lower():
        return text
    spelled = {local, quote(local, safe=""), quote(local), local.replace("+", "=2B"), local.replace("+", "=2b")}
    locals_ = "|".join(re.escape(spelling) for spelling in sorted(spelled, key=len, reverse=True))
    between = r"\W{0,4}(?:\w{0,6}\W{0,4})?"
    found = rf"<?\"?(?<![\w.+-])(?:{locals_})\"?{between}{re.escape(domain)}>?"
    return re.sub(found, HIDDEN, text, flags=re.IGNORECASE)


def generalised(text: str) -> str:
    """What replies of the same meaning have in common: no address, no queue id, no enhanced code before it."""
    words = _WORD.sub(_unnumbered, addresses(_ENHANCED.sub("", text.strip())))
    return re.sub(r"…(?:[\s…]*…)+", HIDDEN, " ".join(words.split()))[:200]
