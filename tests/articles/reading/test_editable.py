"""A stored text as a person can mend it: what a field shows is read back as what is stored."""

from datetime import datetime

import pytest

from newsletter.articles import editing
from newsletter.articles.pictures import media_keys
from newsletter.articles.reading import editable

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


def test_blocks_are_told_apart_in_one_text_as_each_by_itself() -> None:
    """Among them lists that would become one, and paragraphs of words alone."""
    many = [body for body, _text in BODIES.values()] * 3
    many += ["<ul>\n<li>a</li>\n</ul>", "<ul>\n<li>b</li>\n</ul>", "<p>Only words.</p>", "<p>-- x</p>", "<p>a </p>"]
    assert editable.text_of("\n".join(many)) == "\n\n".join(editable.text_of(body) for body in many)


@pytest.mark.parametrize("words", ["Ada", "Été à l’hôtel", "متن", "a", "Say (what): “yes”; no! It’s {x} @ada a  b"])
def test_words_alone_are_read_back_as_they_are(words: str) -> None:
    assert editable.text_of(f"<p>{words}</p>") == words
    assert editable._reads_back(words, f"<p>{words}</p>")


@pytest.mark.django_db
def test_a_typo_is_mended_and_what_was_put_back_stays(now: datetime) -> None:
    """Words that were left out once and stand in the text now are there by a person's decision."""
    article = editing.create(title="Pier", body_markdown="The peir is shut.", now=now)
    article.body += "\n<p>Kind regards,</p>\n<p>-- <br>\nAda Quill<br>\n+44 20 7946 0000</p>"
    article.save()
    text = editable.text_of(article.body)
    changed = editing.update(article, body_markdown=text.replace("peir", "pier"), now=now)
    assert "The pier is shut." in changed.body
    assert "Ada Quill" in changed.body
    assert changed.left_out == []
    assert media_keys.pictures_in(changed.body) == []


@pytest.mark.django_db
def test_a_remark_that_is_added_later_is_kept_out_whatever_words_it_has(now: datetime) -> None:
    """What stands in the text already stays by whole blocks, never because its words occur somewhere."""
    article = editing.create(title="Ships", body_markdown="The keeper counted ships.", now=now)
    typed = (
        f"{editable.text_of(article.body)}\n\n%% keeper %%\n\n%% the source is Jane Doe, do not print %%\n\n"
        "<!--members-only-->\n\nThe numbers"
    )
    changed = editing.update(article, body_markdown=typed, now=now)
    assert changed.body == "<p>The keeper counted ships.</p>"
    assert [one["text"] for one in changed.left_out] == [
        "The numbers",
        "keeper",
        "the source is Jane Doe, do not print",
    ]


@pytest.mark.django_db
def test_a_signature_that_was_put_back_stays_while_a_new_remark_goes(now: datetime) -> None:
    article = editing.create(title="Ships", body_markdown="The keeper counted ships.", now=now)
    article.body += "\n<p>-- <br>\nAda Quill<br>\n+44 20 7946 0000</p>"
    article.save()
    text = editable.text_of(article.body).replace("ships", "boats {>> twelve? <<}")
    changed = editing.update(article, body_markdown=text, now=now)
    assert "counted boats" in changed.body
    assert "Ada Quill" in changed.body
    assert "twelve" not in changed.body
    assert [one["text"] for one in changed.left_out] == ["twelve?"]


@pytest.mark.django_db
def test_the_headline_is_not_said_again_by_the_texts_first_heading(now: datetime) -> None:
    pasted = "<h2>Council votes on lamps</h2>\n\n<p>It did.</p>\n\n## Council votes on lamps\n\nAgain."
    article = editing.create(title="Council Votes on Lamps", body_markdown=pasted, now=now)
    assert article.body.startswith("<p>It did.</p>")
    assert article.body.count("<h2>") == 1
