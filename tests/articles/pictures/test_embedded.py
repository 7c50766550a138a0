# ruff: noqa: E501
"""Which picture is meant, and which is only there to count readers."""

import base64

import pytest

from newsletter.articles.pictures import embedded
from tests.articles.conftest import image_bytes

PICTURE = "https://harbour.example/pier.jpg"


@pytest.mark.parametrize(
    "tag",
    [
        '<img src="https://harbour.example/x.gif" width="1" height="1">',
        '<img src="https://harbour.example/x.gif" width=0 height=0 alt="">',
        '<IMG SRC=https://harbour.example/x.gif HEIGHT="1">',
        '<img src="https://harbour.example/x.png" style="width:1px; height:1px">',
        '<img src="https://harbour.example/x.png" style="display: none">',
        '<img src="https://harbour.example/x.png" hidden>',
        '<img src="https://vg07.met.vgwort.de/na/0123456789abcdef" alt="">',
        '<img src="http://pixel.wp.com/b.gif?host=harbour.example&amp;v=1">',
        '<img src="https://stats.harbour.example/matomo.php?idsite=1&amp;rec=1" style="border:0" alt="" />',
        '<img src="https://www.facebook.com/tr?id=1&ev=PageView&noscript=1">',
        '<img src="https://harbour.us1.list-manage.com/track/open.php?u=1&id=2&e=3">',
        '<img alt="" src="https://medium.com/_/stat?event=post.clientViewed&postId=1" >',
    ],
)
def test_what_counts_readers_goes_and_is_never_fetched(tag: str) -> None:
    assert embedded.prepared(f"<p>before{tag}after</p>") == embedded.Prepared(
        html="<p>beforeafter</p>", inside=(), addresses=()
    )


@pytest.mark.parametrize(
    ("tag", "left"),
    [
        (f"<img src='{PICTURE}'>", f'<img src="{PICTURE}" alt="">'),
        (f'<img src="{PICTURE}" alt="A > B" width="640px" class="x">', f'<img src="{PICTURE}" alt="A &gt; B" width="640">'),
        (f'<img src="{PICTURE}" width="50%">', f'<img src="{PICTURE}" alt="">'),
        (f'<img src="{PICTURE}" style="max-width:100%;height:24px">', f'<img src="{PICTURE}" alt="" height="24">'),
        (f'<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" data-src="{PICTURE}">', f'<img src="{PICTURE}" alt="">'),
        (f'<img data-lazy-src="{PICTURE}" alt="x">', f'<img src="{PICTURE}" alt="x">'),
        (f'<img srcset="https://harbour.example/s.jpg 320w, {PICTURE} 1280w">', f'<img src="{PICTURE}" alt="">'),
        ('<img class="wp-smiley" src="https://s.w.example/images/core/emoji/1f41f.png" alt="🐟">', "🐟"),
        ('<img src="https://harbour.example/track/open-day.jpg">', '<img src="https://harbour.example/track/open-day.jpg" alt="">'),
    ],
)  # fmt: skip
def test_the_picture_that_is_meant_is_named_plainly(tag: str, left: str) -> None:
    assert embedded.prepared(f"<p>{tag}</p>").html == f"<p>{left}</p>"


def test_a_picture_that_the_text_carries_itself_is_taken_out_of_it() -> None:
    data = image_bytes("PNG")
    found = embedded.prepared(f'<p><img alt="x" src="data:image/png;base64,{base64.b64encode(data).decode()}"></p>')
    assert found.inside == (data,)
    assert found.html == f'<p><img src="{embedded.INSIDE}0" alt="x"></p>'


@pytest.mark.parametrize(
    "html", ["<img '" * 100_000, "<img " * 100_000, '<img alt="' + "x" * 500_000, "<img/>" * 50_000]
)
def test_a_broken_tag_is_no_trap(html: str) -> None:
    assert len(embedded.prepared(html).html) <= 4 * len(html)


def test_words_that_speak_of_pictures_stay_words() -> None:
    html = "<p>Write &lt;img src=x width=1&gt; and imgur, or <imgx>.</p>"
    assert embedded.prepared(html).html == html
