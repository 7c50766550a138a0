"""Pictures in stored texts: named without a host, sized, described."""

from dataclasses import replace

import pytest

from newsletter.articles.pictures import media_keys

FILE = f"ab/{'ab' * 32}.jpg"
STORED = f'<p>A<img src="media:{FILE}" alt="A &amp; B" width="800" height="600"></p>'
OURS = {"https://e.example/p.jpg": media_keys.Within(file=FILE, width=800, height=600)}


def test_a_stored_text_gets_the_address_of_today() -> None:
    for base in ("https://news.example.org", "https://other.example.org/letters"):
        shown = media_keys.with_addresses(STORED, base_url=base)
        assert f'<img src="{base}/media/{FILE}" alt="A &amp; B" width="800" height="600">' in shown
    assert media_keys.with_addresses("<p>media:x</p>", base_url="https://x.example") == "<p>media:x</p>"


@pytest.mark.parametrize(
    ("url", "file"),
    [
        (f"media:{FILE}", FILE),
        (f"https://news.example.org/media/{FILE}", FILE),
        (f"http://127.0.0.1:8000/letters/media/{FILE}", FILE),
        (f"https://news.example.org/media/{FILE}?x=1", FILE),
        ("media:../keys/secret.key", ""),
        (f"ftp://news.example.org/media/{FILE}", ""),
        ("https://news.example.org/media/pier.jpg", ""),
        ("https://[", ""),
    ],
)
def test_a_picture_of_ours_is_known_whatever_our_address_was(url: str, file: str) -> None:
    assert media_keys.file_of(url) == file


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ("", (800, 600)),
        (' width="300"', (800, 600)),
        (' width="1200" height="10"', (13, 10)),
        (' width="24" height="24"', (24, 18)),
        (' height="30"', (40, 30)),
        (' width="2000" height="1500"', (800, 600)),
    ],
)
def test_a_picture_is_as_large_as_its_file_and_an_icon_as_small_as_it_was(given: str, size: tuple[int, int]) -> None:
    html = media_keys.exchanged(f'<img src="https://e.example/p.jpg"{given}>', OURS)
    assert html == f'<img src="media:{FILE}" alt="" width="{size[0]}" height="{size[1]}">'


def test_a_mail_of_another_day_is_shown_with_the_address_of_today() -> None:
    mail = (
        f'<a href="https://old.example/media/{FILE}"><img class="w" src="https://old.example/media/{FILE}" alt="x"></a>'
    )
    assert media_keys.moved(mail, base_url="https://new.example") == (
        f'<a href="https://old.example/media/{FILE}"><img class="w" src="https://new.example/media/{FILE}" alt="x"></a>'
    )
    assert (
        media_keys.moved('<img src="https://old.example/a.jpg">', base_url="x")
        == '<img src="https://old.example/a.jpg">'
    )


def test_what_is_not_ours_goes() -> None:
    assert media_keys.exchanged('<p>x<img src="https://e.example/other.jpg" alt="x"></p>', OURS) == "<p>x</p>"


def test_a_picture_is_described_where_it_stands() -> None:
    said = media_keys.described(STORED + STORED, {FILE: 'A "pier" <at> dusk'})
    assert said.count('alt="A &quot;pier&quot; &lt;at&gt; dusk"') == 2
    assert media_keys.pictures_in(said) == [replace(OURS["https://e.example/p.jpg"], alt='A "pier" <at> dusk')]


def test_a_moved_host_or_a_new_size_is_no_change_of_the_words() -> None:
    old = f'<p>A<img src="http://127.0.0.1:8000/media/{FILE}" alt="A &amp; B"></p>'
    assert media_keys.comparable(old) == media_keys.comparable(STORED)
    assert media_keys.comparable(old) != media_keys.comparable(STORED.replace("A &amp; B", "C"))
