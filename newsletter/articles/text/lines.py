"""One line of plain text out of what strangers wrote. Pure."""

import re

# Controls, line and paragraph separators, and marks that turn the rest of a line around.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ufeff]+")


def line(text: str, most: int = 20_000) -> str:
    """One line of plain text: no controls, no markers that hide or turn; shortened at a word if it is too long."""
    text = " ".join(_UNSEEN.sub(" ", text).split())
    text = text.encode("utf-8", "replace").decode("utf-8")
    if len(text) <= most:
        return text
    return text[: most - 1].rsplit(" ", 1)[0][: most - 1] + "…"
