"""No text holds a process: twice as much of it takes about twice as long, whatever it is made of.

Processor time, not the clock: other tests beside these do not count. A factor of 2.5 for each doubling leaves room for
n log n and for noise; what grows with the square takes 4, and backtracking takes the rest of the day.
"""

import contextlib
import time
from collections.abc import Callable

import pytest

from newsletter.articles import (
    documents,
    embedded,
    extract,
    feeds,
    front_matter,
    page_furniture,
    pasting,
    sanitise,
)
from newsletter.errors import NewsletterError
from newsletter.rendering import prose
from tests.tokens import TOKENS

LEAST = 8_000
"""Characters to begin with."""
MOST = 128_000
NOISE = 0.03
"""Seconds of processor time that prove nothing."""

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
        "On Monday Ada wrote:\n",
        "http://a.b/(",
    ),
    *("<w:p>", "a@", "\\", "'", '"', "<span style='font-weight:700'>x</span>", '<p style="display:none">'),
)


def _feed(text: str) -> object:
    inside = text.replace("&", "&amp;").replace("<", "&lt;")
    head = '<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><item><title>t</title><description>'
    return feeds.read(f"{head}{inside}".encode(), url="https://news.example.org/feed")


def _introduction(text: str) -> object:
    return prose.introduction(text, direction="ltr", browser_url="https://news.example.org/1", tokens=TOKENS)


READERS: dict[str, Callable[[str], object]] = {
    "a Markdown file": lambda text: extract.file(text.encode(), name="a.md"),
    "a text file": lambda text: extract.file(text.encode(), name="a.txt"),
    "the start of a feed": lambda text: feeds.is_feed(text.encode()),
    "the start of a page": lambda text: extract.is_html(text.encode()),
    "an entry of a feed": _feed,
    "a document": lambda text: documents.for_readers(f"<p hidden>x</p>{text}"),
    "what is pasted": lambda text: pasting.read(f"<p hidden>x</p>{text}"),
    "what is typed": front_matter.story,
    "the sanitiser": sanitise.clean,
    "pictures in a text": embedded.prepared,
    "an introduction": _introduction,
    "a line": lambda text: (page_furniture.is_button(text), page_furniture.is_footer(text)),
}


def _seconds(read: Callable[[str], object], text: str) -> float:
    started = time.process_time()
    with contextlib.suppress(NewsletterError):  # refused is as good as read
        read(text)
    return time.process_time() - started


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("reader", READERS)
def test_twice_as_much_takes_about_twice_as_long(reader: str, sign: str) -> None:
    read = READERS[reader]
    size, before = LEAST, 0.0
    while size <= MOST and before < 0.5:
        text = (sign * (size // len(sign) + 1))[:size]
        took = _seconds(read, text)
        if took > 2.5 * before + NOISE and before:
            # Once more, since a collection of garbage may have come between.
            took = min(took, _seconds(read, text), _seconds(read, text))
        assert not before or took <= 2.5 * before + NOISE, (
            f"{size} characters: {took:.2f} s, half of them {before:.2f} s"
        )
        size, before = 2 * size, max(took, 0.001)
