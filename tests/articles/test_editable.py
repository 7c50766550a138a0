"""A stored text as a person can mend it: what a field shows is read back as what is stored."""

from datetime import datetime

import pytest

from newsletter.articles import editable, media, services

PICTURE = f'<img src="media:ab/{"a" * 64}.jpg" alt="x" width="300" height="200">'
BODIES = {
    "plain": ("<p>The pier is shut.</p>\n<p>Ada says so.</p>", "The pier is shut.\n\nAda says so."),
    "marked": (
        '<p>It is <strong>shut</strong>, <em>says</em> <a href="https://x.example/a">Ada</a>.</p>',
        "It is **shut**, *says* [Ada](https://x.example/a).",
    ),
    "headings and lists": (
        "<h2>What now</h2>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n<ol>\n<li>x</li>\n</ol>",
        "## What now\n\n- one\n- two\n\n1. x",
    ),
    "quoted": ("<blockquote>\n<p>Quoted</p>\n</blockquote>", "> Quoted"),
    "signs that mean something": ("<p>1. no list *at all* &lt;b&gt; #1</p>", "1\\. no list \\*at all\\* &lt;b> #1"),
    "writers' signs": ("<p>%%not hidden%% ==x==</p>", "&#37;&#37;not hidden&#37;&#37; &#61;&#61;x&#61;&#61;"),
    "what has no sign": (f"<figure>{PICTURE}<figcaption>Cap</figcaption></figure>", None),
    "a table": ('<table><tbody><tr><td colspan="2">x</td></tr></tbody></table>', None),
    "the other direction": ('<p dir="rtl">متن <bdi>x</bdi></p>', None),
}


@pytest.mark.parametrize("name", BODIES)
def test_the_text_of_a_field_is_read_back_as_it_was(name: str) -> None:
    body, expected = BODIES[name]
    assert editable.text_of(body) == (body if expected is None else expected)
    assert editable._reads_back(editable.text_of(body), body)


@pytest.mark.django_db
def test_a_typo_is_mended_and_what_was_put_back_stays(now: datetime) -> None:
    """Words that were left out once and stand in the text now are there by a person's decision."""
    article = services.create(title="Pier", body_markdown="The peir is shut.", now=now)
    article.body += "\n<p>Kind regards,</p>\n<p>-- <br>\nAda Quill<br>\n+44 20 7946 0000</p>"
    article.save()
    text = editable.text_of(article.body)
    changed = services.update(article, body_markdown=text.replace("peir", "pier"), now=now)
    assert "The pier is shut." in changed.body
    assert "Ada Quill" in changed.body
    assert changed.left_out == []
    assert media.pictures_in(changed.body) == []
