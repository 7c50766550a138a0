# ruff: noqa: E501
"""HTML that is typed into an introduction shows as what it means, as far as that is safe; never as source."""

import pytest

from newsletter.rendering import prose
from tests.tokens import TOKENS


def introduction(markdown: str) -> str:
    url = "https://news.example.org/1"
    return str(prose.introduction(markdown, direction="ltr", browser_url=url, tokens=TOKENS))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Read <b>this</b> <i>now</i>", '<p dir="ltr">Read <b>this</b> <i>now</i></p>'),
        ('<p style="color:red" onclick="x()">Hello</p>', '<p dir="ltr">Hello</p>'),
        ("<div>One</div>\n\n<div>Two</div>", '<p dir="ltr">One</p>\n<p dir="ltr">Two</p>'),
        ('<a href="https://news.example.org/a" onmouseover="x()">here</a>', '<p dir="ltr"><a href="https://news.example.org/a">here</a></p>'),
        ('<a href="javascript:alert(1)">here</a>', '<p dir="ltr">here</p>'),
        ("Before <script>alert(1)</script>after", '<p dir="ltr">Before after</p>'),
        ("<style>p{color:red}</style>\n\nAfter", '<p dir="ltr">After</p>'),
        ("Before<!-- ask Ben --> after", '<p dir="ltr">Before after</p>'),
        ("<font color=red>Red</font> <center>words</center>", '<p dir="ltr">Red </p><p dir="ltr">words</p>'),
        ("Write to <name> here", '<p dir="ltr">Write to &lt;name&gt; here</p>'),
        ("One<o:p></o:p> <w:sdt id=3>two</w:sdt> <st1:place>three</st1:place>", '<p dir="ltr">One two three</p>'),
        ("<marquee>hey</marquee> <nobr>you</nobr> <blink> <h7>now", '<p dir="ltr">hey you  now</p>'),
        ("<search>One</search>\n\nTwo <image src=x>", '<p dir="ltr">One</p>\n<p dir="ltr">Two </p>'),
        ("<a-b>one</a-b> <x-y> two <thing>three</thing>", '<p dir="ltr">one  two three</p>'),
        ("<https://news.example.org/a> and <ada@example.org>", '<p dir="ltr"><a href="https://news.example.org/a">https://news.example.org/a</a> and <a href="mailto:ada@example.org">ada@example.org</a></p>'),
        ("5 < 6 and `<b>`", '<p dir="ltr">5 &lt; 6 and <code>&lt;b&gt;</code></p>'),
        ("<h1>Big</h1>\n\nWords", '<h2 dir="ltr">Big</h2>\n<p dir="ltr">Words</p>'),
    ],
)  # fmt: skip
def test_html_is_rendered_as_far_as_it_is_safe(typed: str, shown: str) -> None:
    assert introduction(typed) == shown


def test_an_image_or_a_form_never_comes_through() -> None:
    html = introduction(
        '<img src="https://x.example/p.gif"><form action="/x"><input name=a><button>Go</button></form><iframe src=x></iframe>Words'
    )
    for tag in ("<img", "<form", "<input", "<button", "<iframe"):
        assert tag not in html
    assert "Words" in html
