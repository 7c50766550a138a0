"""The direction a text is read in, by its language, else by its letters. Pure."""

import unicodedata

_LANGUAGES = (
    "acm acq ae aeb ajp apc apd ar arc ars ary arz ayl ayn azb bal bqi ckb dv fa glk haz hbo he iw ji jpr jrb khw ks "
    "lrc luz mzn nqo pnb prs ps rhg sam sd sdh skr syr ug ur yi"
)
_SCRIPTS = "adlm arab aran hebr mand mend nkoo rohg samr syrc syre syrj syrn thaa yezi"
_RTL_LANGUAGES = frozenset(_LANGUAGES.split())
_RTL_SCRIPTS = frozenset(_SCRIPTS.split())


def of(language: str, text: str = "") -> str:
    """`rtl` or `ltr`: by the script named in a BCP 47 tag, by its language, and for an unknown language by the text."""
    parts = language.strip().lower().replace("_", "-").split("-")
    script = next((part for part in parts[1:] if len(part) == 4 and part.isalpha()), "")
    if script:
        return "rtl" if script in _RTL_SCRIPTS else "ltr"
    if parts[0] not in {"", "und", "mul", "zxx", "mis"}:
        return "rtl" if parts[0] in _RTL_LANGUAGES else "ltr"
    return of_text(text)


def of_text(text: str) -> str:
    """The direction of most letters: a quoted Latin name does not turn a Persian text around."""
    balance = 0
    for character in text:
        kind = unicodedata.bidirectional(character)
        balance += (kind in {"R", "AL"}) - (kind == "L")
    return "rtl" if balance > 0 else "ltr"
