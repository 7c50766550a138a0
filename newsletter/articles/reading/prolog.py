"""What stands before the first element of XML or HTML: found by walking over it once, however it is made. Pure."""

import re

_BLANKS = re.compile(r"\s*")


def end(text: str) -> int:
    """Where the first element begins, behind blanks, declarations, comments and a document type."""
    at = 1 if text.startswith("\ufeff") else 0
    while True:
        blanks = _BLANKS.match(text, at)
        at = blanks.end() if blanks else at
        if text.startswith("<!--", at):
            behind = text.find("-->", at + 4) + 3
        elif text.startswith("<?", at):
            behind = text.find("?>", at + 2) + 2
        elif text[at : at + 9].lower() == "<!doctype":
            behind = _behind_doctype(text, at + 9)
        else:
            return at
        if behind <= at:  # it never ends
            return at
        at = behind


def _behind_doctype(text: str, at: int) -> int:
    close = text.find(">", at)
    subset = text.find("[", at, close) if close >= 0 else -1
    if subset >= 0:
        subset = text.find("]", subset)
        close = text.find(">", subset) if subset >= 0 else -1
    return close + 1
