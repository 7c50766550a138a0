"""No text holds a process: twice as much of it takes about twice as long, whatever it is made of.

Processor time, not the clock: other tests beside these do not count. Of a text four times as long a factor of six
leaves room for n log n and for noise; what grows with the square takes 16, and backtracking takes the rest of the day.
"""

import contextlib
import gc
import os
import re
import time
from collections.abc import Iterator

import pytest

from newsletter.articles.reading import sanitise
from newsletter.articles.text import bounds
from newsletter.errors import UserError
from subscribers.errors import SubscribersError
from tests.attacks.readers import OF_STORED_TEXTS, READERS, Reader

LEAST = 2_000
"""Characters to begin with."""
MOST = int(os.environ.get("CHARACTERS", "8000"))
"""`make test` looks far enough for what grows with the square, `make faults` for what begins to at some length."""
EVERY = 1 if "CHARACTERS" in os.environ else 12
"""`make test` gives each reader a twelfth of the signs, and its neighbours, which read alike, the others."""
NOISE = 0.03
"""Seconds of processor time that prove nothing."""
ENOUGH = 0.5
"""Seconds after which no longer text is read."""

SIGNS = (
    *(
        "&",
        "<",
        ">",
        "[",
        "](",
        "![",
        "[[",
        "[[a|",
        "[^",
        "[a](",
        "*",
        "**",
        "_",
        "`",
        "~~~\n",
        "```\n",
        "%%",
        "==",
        "{{",
    ),
    *("{%", "{#", "{>>", "{--", "{~~", "#", "# ", "> ", "- ", "1. ", "|", "-- \n", "--------\n", "---\n", "\n", "\r\n"),
    *(
        "\t\n",
        " \n",
        ":\n",
        "a: b\n",
        "[a]x\n",
        "x[a]\n[a]y\n",
        "<!--",
        "<!---->",
        "<!DOCTYPE a []>",
        "<?",
        "<b>",
        "<b></i>",
    ),
    *(
        "<p>",
        "<h1",
        "<h1>",
        "<img ",
        '<img src="',
        "<a href=x>",
        "<li>",
        "<td>",
        "<table><tr><td>",
        "<div></div>",
        "<select>",
    ),
    *(
        "<!--members-only-->",
        "[members]",
        "<!-- members ",
        "::: ",
        "<figure><img src=a><figcaption>b",
        "<del>",
        "&amp;",
    ),
    *(
        "share a ",
        "a ",
        "A. ",
        "word ",
        "\u200c",
        "ن ",
        "漢",
        "From: a\nSubject: b\n",
        "Date: a\n\n",
        "X-Mailer: a\n",
        "On Monday Ada wrote:\n",
        "http://a.b/(",
    ),
    *("<w:p>", "a@", "\\", "'", '"', "<span style='font-weight:700'>x</span>", '<p style="display:none">'),
    *("&copy;", "&copy", "&unknown;", "&#169;", "&#169", "&lt;", "&amp;amp;", "&nbsp;", "&#32;"),
    *(
        '"a",',
        "a,",
        "a;",
        "a\t",
        "a@b.example ",
        "<a@b.example>, ",
        "A <a@b.example>,",
        "mailto:a@b.example?",
        "=?utf-8?q?a?=",
    ),
    *(
        "0",
        "1.",
        "1 ",
        "2026-01-01 ",
        "=\n",
        "+++\n",
        "%40",
        "(",
        ")",
        "(a)",
        "?",
        "/",
        "../",
        "{",
        "}",
        "^[",
        "a-",
        "a.",
        "'a' ",
    ),
    *(
        "a: [",
        "a: {",
        "- - ",
        "&a *a ",
        '\\"',
        "v=DKIM1; ",
        "no ",
        "yes,",
        "unsubscribed ",
        "= ",
        "\x00",
        "\u2028",
        "ß",
    ),
)


@pytest.fixture(autouse=True)
def _no_collections_of_old_objects() -> Iterator[None]:
    gc.freeze()  # each would walk over all that other tests left
    yield
    gc.unfreeze()


def _seconds(read: Reader, text: str) -> float:
    started = time.process_time()
    with contextlib.suppress(UserError, SubscribersError):  # refused is as good as read
        read(text)
    return time.process_time() - started


def _growth(read: Reader, sign: str, *, least: int = LEAST, most: int = MOST) -> str:
    """What grows too fast with texts made of this sign; nothing when none does."""
    size, before = least, 0.0
    while size <= most and before < ENOUGH:
        text = (sign * (size // len(sign) + 1))[:size]
        took = _seconds(read, text)
        if before and took > 6 * before + NOISE:
            # Once more, since a collection of garbage may have come between.
            took = min(took, _seconds(read, text), _seconds(read, text))
            before = max(before, _seconds(read, text[: size // 4]))
        if before and took > 6 * before + NOISE:
            return f"{sign!r}: {size} characters in {took:.2f} s, a quarter of them in {before:.3f} s"
        size, before = 4 * size, max(took, 0.0001)
    return ""


@pytest.mark.django_db
@pytest.mark.parametrize("reader", READERS)
def test_four_times_as_much_takes_about_four_times_as_long(reader: str) -> None:
    signs = SIGNS[[*READERS].index(reader) % EVERY :: EVERY]
    assert not [fault for sign in signs if (fault := _growth(READERS[reader], sign))]


MOST_MADE = {"an excerpt": (5_000, 0), "a mail": (1_500_000, 11_000)}
"""Characters and elements, whatever the bounds are in numbers: a page with so many is made in a second."""


@pytest.mark.parametrize("reader", OF_STORED_TEXTS)
@pytest.mark.parametrize("sign", ["word ", "<p>a</p>", "<b>a</b>b", "<ul><li>a", "aس", "<p>aس</p>", "a\u200c ", "<br>"])
def test_what_is_made_of_the_longest_text_is_counted(reader: str, sign: str) -> None:
    text = sanitise.clean((sign * (200_000 // len(sign)))[:199_000])
    with contextlib.suppress(UserError):  # refused before it is made
        made = str(OF_STORED_TEXTS[reader](text))
        characters, elements = MOST_MADE[reader]
        assert len(made) < characters
        assert len(re.findall(r"<[a-z]", made)) <= elements


STORED = ("word ", f"<p>{'ab ' * 12}</p>", "<blockquote>", "<b>a")
"""Signs of stored texts."""


@pytest.mark.parametrize("reader", OF_STORED_TEXTS)
def test_the_longest_text_that_is_stored_holds_no_page(reader: str) -> None:
    """Refused, as far as it has too many elements, is as good as read."""
    signs = (*STORED, *SIGNS) if "CHARACTERS" in os.environ else STORED
    least, most = bounds.MOST_CHARACTERS // 4, bounds.MOST_CHARACTERS

    def read(text: str) -> object:
        return OF_STORED_TEXTS[reader](stored[text])

    for sign in signs:
        texts = ((sign * (size // len(sign) + 1))[:size] for size in (least, most))
        stored = {text: sanitise.clean(text) for text in texts}
        assert not _growth(read, sign, least=least, most=most)


FOUND: dict[str, tuple[str, str]] = {
    "a share bar of 65 bytes": ("a line", "share " + "a " * 28 + "zz"),
    "a share bar in a text": ("a text file", "The ferry stays.\n\nshare " + "a " * 28 + "zz\n"),
    "comments before a feed": ("the start of a feed", "<!---->" * 280 + "x"),
    "comments before a page": ("the start of a page", "<!---->" * 280 + "x"),
    "document types before a page": ("the start of a page", "<!DOCTYPE a []>" * 130),
    "a file of document types": ("a Markdown file", "<!DOCTYPE a []>" * 3_000),
    "a subject of 400 kB": ("a caught mail", "=?utf-8?q?a?= " * 29_000),
    "a saved mail with headers of 40 kB": ("a saved mail", "a, <b> (c) " * 3_600),
    "half a megabyte of ampersands": ("the sanitiser", "&" * 500_000),
    "half a megabyte of references": ("the sanitiser", "&copy;&nbsp;&unknown;" * 24_000),
    "nesting that ends what was not begun": ("the sanitiser", "<b></i>" * 100_000),
    "a farewell to one long name": ("a letter as a text", f"Words.\n\nbest {'a' * 2_000}-\n"),
    "an introduction of bold that never ends": ("an introduction", "a<b>" * 20_000),
    "cells of many columns": ("a title of a column", "a," * 30_000),
}
"""What took from four seconds to a day, with the reader that took it."""


@pytest.mark.parametrize("fault", FOUND)
def test_what_was_found_is_read_in_a_moment(fault: str) -> None:
    reader, text = FOUND[fault]
    assert _seconds(READERS[reader], text) < 4
