# ruff: noqa: E501
"""Articles in: from files, pages and feeds; once each; all or nothing."""

import dataclasses
import io
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, transaction
from PIL import Image

from newsletter import conf, errors
from newsletter.articles import adding, drafts, editing, models, picture_store, queries, sources
from newsletter.articles.parser_process import budget, parser
from newsletter.articles.pictures import recode
from newsletter.articles.reading import feeds
from newsletter.articles.text import language
from tests.articles.conftest import Site, image_bytes

pytestmark = pytest.mark.django_db

SAMPLES = Path(__file__).parent / "samples"
PARAGRAPH = (
    "The night ferry between Harbourtown and the islands will stay in public hands, the mayor told some four hundred "
    "people on Tuesday evening, and she added that it has carried the nurses of the town home for sixty years."
)


@pytest.fixture(autouse=True)
def own_data(settings: Any, tmp_path: Path) -> Path:
    directory = tmp_path / "data"
    settings.NEWSLETTER = dataclasses.replace(settings.NEWSLETTER, data_dir=directory, fetch_allow=())
    return directory


@pytest.fixture
def open_site(site: Site, settings: Any) -> Site:
    settings.NEWSLETTER = dataclasses.replace(settings.NEWSLETTER, fetch_allow=(site.place,))
    return site


def media_files() -> list[Path]:
    return [path for path in conf.config().media_dir.rglob("*") if path.is_file()]


def page(title: str = "Night ferry stays public", extra: str = "", text: str = PARAGRAPH) -> str:
    return (
        f"<!doctype html><html lang='en-GB'><head><title>{title} | The Harbour Courier</title>"
        f"<meta property='og:title' content='{title}'><meta name='author' content='Ada Example'>"
        f"<meta property='article:published_time' content='2026-11-24T07:00:00+01:00'>{extra}</head>"
        f"<body><nav><a href='/'>Home</a> <a href='/sport'>Sport</a></nav><article><h1>{title}</h1>"
        f"<p>{text}</p><p>A decision is expected in March; until then the <a href='/ferry'>ferry</a> sails every night "
        f"at ten, as it always has.</p><script>alert(1)</script></article><footer>© Courier</footer></body></html>"
    )


def rss(*items: str, extra: str = "") -> str:
    return (
        "<?xml version='1.0'?><rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/' "
        "xmlns:media='http://search.yahoo.com/mrss/'><channel><title>The Harbour Courier</title>"
        f"<link>https://harbour.example/</link><language>en</language>{extra}{''.join(items)}</channel></rss>"
    )


def item(number: int, extra: str = "", text: str = "") -> str:
    return (
        f"<item><title>Story number {number}</title><link>https://harbour.example/{number}</link>"
        f"<description>What happened on day {number} at the pier.</description>{extra}"
        f"<content:encoded><![CDATA[<p>{number}. {text or PARAGRAPH}</p>]]></content:encoded>"
        "<pubDate>Tue, 24 Nov 2026 07:00:00 GMT</pubDate></item>"
    )


def test_the_saved_page_becomes_a_correct_article(now: datetime) -> None:
    [added] = adding.add(str(SAMPLES / "saved_page.txt"), now=now)
    article = queries.get(added.article.pk)
    assert added.created
    assert article.title == "“We will not sell the night ferry,” mayor tells a packed town hall"
    assert (article.byline, article.kicker, article.standfirst, article.url) == ("", "", "", "")
    assert (article.language, article.direction, article.origin) == ("en", "ltr", "saved_page.txt")
    assert article.body == (SAMPLES.parent / "expected" / "saved_page.html").read_text().strip()
    assert any("Harbour Courier" in note for note in added.notes)


def test_markdown_with_front_matter_and_a_picture_beside_it(now: datetime, tmp_path: Path) -> None:
    (tmp_path / "pier.png").write_bytes(image_bytes("PNG"))
    file = tmp_path / "ferry.md"
    file.write_text(
        "---\ntitle: Night ferry stays\nsummary: It isn’t for sale.\nauthor: [Ada Example, Ben Beispiel]\nlabel: Transport\n"
        "language: en-gb\nurl: https://harbour.example/ferry\ndate: 2026-11-24 07:00:00+01:00\nimage: pier.png\n"
        "image_alt: The pier at night\ntopics: [harbour, council]\n---\n"
        "The **ferry** stays.\n\n![](pier.png)\n\n## What now\n\n- one\n- two\n\n[more](/x) <script>alert(1)</script>\n"
    )
    [added] = adding.add(str(file), now=now)
    article = added.article
    assert (article.title, article.standfirst, article.kicker) == (
        "Night ferry stays",
        "It isn’t for sale.",
        "Transport",
    )
    assert (article.byline, article.language) == ("Ada Example, Ben Beispiel", "en-GB")
    assert (article.topics, article.picture_alt) == (["harbour", "council"], "The pier at night")
    assert article.published_at is not None
    assert article.published_at.isoformat() == "2026-11-24T07:00:00+01:00"
    assert article.picture is not None
    assert (conf.config().media_dir / article.picture.file).is_file()
    assert "<strong>ferry</strong>" in article.body
    assert "<h2>What now</h2>" in article.body
    assert "script" not in article.body
    assert "<img" not in article.body, "the lead picture is not shown twice"


def test_a_picture_file_elsewhere_on_the_machine_is_not_taken(now: datetime, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(image_bytes("PNG"))
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    for name in ("../secret.png", str(tmp_path / "secret.png"), "link.png", "%2e%2e/secret.png", "file:///etc/passwd"):
        file = folder / "a.md"
        file.write_text(f"---\ntitle: T {name}\nimage: '{name}'\n---\nText ![x](<{name}>)\n")
        [added] = adding.add(str(file), now=now)
        assert added.article.picture is None
        assert "<img" not in added.article.body
    assert media_files() == []


def test_a_web_page_becomes_an_article(open_site: Site, now: datetime) -> None:
    open_site.put("/pier.jpg", image_bytes(), "image/jpeg")
    image = "<meta property='og:image' content='/pier.jpg'><meta property='og:description' content='The night ferry is not for sale.'>"
    url = open_site.put("/story?utm_source=x", page(extra=image))
    [added] = adding.add(url, now=now)
    article = added.article
    assert (article.title, article.standfirst, article.byline) == (
        "Night ferry stays public",
        "The night ferry is not for sale.",
        "Ada Example",
    )
    assert (article.language, article.url) == ("en-GB", url)
    assert PARAGRAPH in article.body
    assert f'<a href="{open_site.url}/ferry">ferry</a>' in article.body
    assert "alert" not in article.body
    assert "<h1" not in article.body
    assert article.picture is not None
    assert article.picture.source_url == f"{open_site.url}/pier.jpg"
    assert any("description" in note for note in added.notes), "an alt text is asked for"


def test_the_lead_picture_stands_once_with_what_the_text_says_that_it_shows(open_site: Site, now: datetime) -> None:
    """Most news sites name in their head the picture of the story's first figure."""
    open_site.put("/dairy.jpg", image_bytes(), "image/jpeg")
    figure = (
        f"{PARAGRAPH}</p><figure><img src='/dairy.jpg' alt='A child waits at the dairy'>"
        "<figcaption>Waiting. Photo: C. Lim</figcaption></figure><p>More of it."
    )
    head = "<meta property='og:image' content='/dairy.jpg'>"
    [added] = adding.add(open_site.put("/story", page(extra=head, text=figure)), now=now)
    assert added.article.picture is not None
    assert added.article.picture_alt == "A child waits at the dairy"
    assert "figcaption" not in added.article.body
    assert not any("description" in note for note in added.notes)


def test_pictures_in_the_text_become_ours_or_go(open_site: Site, now: datetime) -> None:
    open_site.put("/a.jpg", image_bytes(), "image/jpeg")
    open_site.put("/b.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")
    text = f"{PARAGRAPH}</p><p><img src='/a.jpg' alt='A'><img src='/b.svg' alt='B'><img src='/gone.jpg' alt='C'></p><p>More."
    [added] = adding.add(open_site.put("/story", page(text=text)), now=now)
    assert added.article.body.count("<img") == 1
    assert '<img src="media:' in added.article.body
    assert any("A picture was left out" in note and "gone.jpg" in note for note in added.notes)
    assert models.Picture.objects.count() == len(media_files()) == 1


def test_the_same_url_twice_is_one_article(open_site: Site, now: datetime) -> None:
    first = open_site.put("/story", page())
    second = open_site.put("/story/?utm_campaign=x&fbclid=1", page(title="Another headline by now"))
    [one] = adding.add(first, now=now)
    [two] = adding.add(second + "#comments", now=now)
    assert (one.created, two.created) == (True, False)
    assert one.article.pk == two.article.pk
    assert models.Article.objects.count() == 1


def test_the_same_text_twice_is_one_article(now: datetime, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(f"# Ferry “stays”\n\n{PARAGRAPH}\n\nMore.\n")
    (tmp_path / "b.html").write_text(f"<h1>FERRY 'stays'</h1>\n<p>{PARAGRAPH.upper()}</p><p>More</p>")
    added = adding.add(str(tmp_path), now=now)
    assert [one.created for one in added] == [True, False]
    assert models.Article.objects.count() == 1


def test_two_short_entries_with_one_title_are_two_articles(open_site: Site, now: datetime) -> None:
    short = "<item><title>Morning briefing</title><link>https://harbour.example/{0}</link></item>"
    url = open_site.put("/feed", rss(short.format(1), short.format(2)), "application/rss+xml")
    assert [one.created for one in adding.add(url, now=now)] == [True, True]


def test_a_feed_becomes_articles_newest_last_added(open_site: Site, now: datetime) -> None:
    open_site.put("/p.jpg", image_bytes(), "image/jpeg")
    media = f"<media:content url='{open_site.url}/p.jpg' medium='image'/><category>harbour</category>"
    url = open_site.put("/feed", rss(item(2, media), item(1)), "application/rss+xml")
    added = adding.add(url, now=now)
    assert [one.article.title for one in added] == ["Story number 1", "Story number 2"]
    newest = queries.newest(limit=1)[0]
    assert (newest.title, newest.topics) == ("Story number 2", ["harbour"])
    assert newest.standfirst == "What happened on day 2 at the pier."
    assert PARAGRAPH in newest.body
    assert newest.picture is not None
    assert newest.published_at is not None


def test_a_source_is_fetched_again_only_when_it_changed(open_site: Site, now: datetime) -> None:
    url = open_site.put(
        "/feed", rss(item(1)), "application/rss+xml", ETag='"1"', Last_Modified="Tue, 24 Nov 2026 07:00:00 GMT"
    )
    source = sources.add_source(url=url, now=now)
    assert source.title == "The Harbour Courier"
    assert [one.created for one in sources.fetch_source(source, now=now)] == [True]
    open_site.pages["/feed"] = (304, {}, b"")
    assert sources.fetch_source(source, now=now) == []
    _path, asked = open_site.asked[-1]
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('"1"', "Tue, 24 Nov 2026 07:00:00 GMT")
    open_site.put("/feed", rss(item(2), item(1)), "application/rss+xml")
    assert [one.created for one in sources.fetch_source(source, now=now)] == [False, True]
    assert set(models.Article.objects.values_list("source", flat=True)) == {source.pk}


def test_a_page_that_names_its_feed_can_be_given_as_source(open_site: Site, now: datetime) -> None:
    open_site.put("/feed.xml", rss(item(1)), "text/xml")
    home = open_site.put(
        "/", "<html><head><link rel='alternate' type='application/rss+xml' href='/feed.xml'></head></html>"
    )
    assert sources.add_source(url=home, now=now).url == f"{open_site.url}/feed.xml"
    assert sources.add_source(url=home, now=now).pk == models.Source.objects.get().pk


def test_a_broken_feed_is_named_and_remembered(open_site: Site, now: datetime) -> None:
    url = open_site.put("/feed", rss(item(1)), "application/rss+xml")
    source = sources.add_source(url=url, now=now)
    open_site.put("/feed", "<html><body>Maintenance</body></html>")
    with pytest.raises(feeds.UnusableFeed, match="not an RSS or Atom feed"):
        sources.fetch_source(source, now=now)
    source.refresh_from_db()
    assert url in source.last_error
    assert models.Article.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("empty.txt", b"", "is empty"),
        ("blank.md", b"\xef\xbb\xbf \r\n\t\n", "is empty"),
        ("zeros.txt", bytes(5000), "is empty"),
        ("binary.txt", bytes(range(256)) * 40, "not text"),
        ("paper.txt", b"%PDF-1.7 ...", "is a PDF"),
        ("letter.docx", b"PK\x03\x04 ...", "Word"),
        ("damaged.txt", "Ein schöner Tag für die Fähre\nüber Wüste".encode() + b"\nkaputt \xff\n" + "grün, öde, süß".encode(), "line 3"),
        ("yaml.md", b"---\ntitle: ok\nsummary: [unclosed\n---\ntext\n", "yaml.md, line"),
        ("open.md", b"---\ntitle: never closed\n\ntext\n", "open.md, line 1"),
        ("date.md", b"---\ntitle: ok\ndate: soonish\n---\ntext\n", "date.md, line 3"),
        ("lang.md", b"---\ntitle: ok\nlanguage: in English\n---\ntext\n", "lang.md, line 3"),
        ("link.md", b"---\ntitle: ok\nurl: javascript:alert(1)\n---\ntext\n", "link.md, line 3"),
        ("deep.md", b"---\ntitle: {a: {b: c}}\n---\ntext\n", "deep.md, line 2"),
        ("void.html", b"<html><body><script>1</script></body></html>", "contains no text"),
        ("feed.xml", b"<?xml version='1.0'?><rss><chan", "feed.xml is broken (error in line 1)"),
        ("huge.txt", b"word " * 1_100_000, "larger than 5 MB"),
    ],
)  # fmt: skip
def test_a_bad_file_is_named_and_nothing_is_written(
    name: str, data: bytes, says: str, now: datetime, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(errors.UserError) as caught:
        adding.add(str(file), now=now)
    assert name in str(caught.value)
    assert says in str(caught.value)
    assert models.Article.objects.count() == models.Picture.objects.count() == len(media_files()) == 0


@pytest.mark.parametrize("path", ["missing.txt", "/dev/zero", "ftp://harbour.example/a", "\x00", "no/such/dir/"])
def test_what_is_no_file_is_refused(path: str, now: datetime) -> None:
    with pytest.raises(drafts.UnusableArticle):
        adding.add(path, now=now)


def test_one_bad_file_of_several_does_not_take_the_others_along(now: datetime, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# One\n\nText of one.\n")
    (tmp_path / "b.md").write_bytes(b"")
    (tmp_path / "c.txt").write_text("Three\n\nText of three.\n")
    (tmp_path / "picture.png").write_bytes(image_bytes("PNG"))
    (tmp_path / ".hidden").write_text("x")
    with pytest.raises(adding.SomeFailed) as caught:
        adding.add(str(tmp_path), now=now)
    assert [one.article.title for one in caught.value.added] == ["One", "Three"]
    assert len(caught.value.problems) == 1
    assert "b.md" in caught.value.problems[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "mac-roman-free"])
def test_encodings_and_line_ends_make_no_difference(encoding: str, now: datetime, tmp_path: Path) -> None:
    text = (SAMPLES / "saved_page.txt").read_text()
    file = tmp_path / "page.txt"
    file.write_bytes(text.replace("\n", "\r\n").encode("cp1252" if encoding == "mac-roman-free" else encoding))
    [added] = adding.add(str(file), now=now)
    assert added.article.body == (SAMPLES.parent / "expected" / "saved_page.html").read_text().strip()


def test_persian_in_windows_1256_is_read(now: datetime, tmp_path: Path) -> None:
    text = (
        "کشتی شبانه جزیره‌ها در دست شهر\n\nکشتی شبانه میان بندر و جزیره‌ها در دست شهر ماند. شهردار سه‌شنبه شب در تالار شهر گفت که "
        "این کشتی را کسی نخواهد خرید و هر شب سر ساعت ده راه خواهد افتاد.\n"
    )
    file = tmp_path / "fa.txt"
    file.write_bytes(text.replace("ی", "ي").replace("ک", "ك").encode("cp1256"))
    [added] = adding.add(str(file), now=now, language="fa")
    assert added.article.title.endswith("شهر")
    assert (added.article.language, added.article.direction) == ("fa", "rtl")


class Boom(RuntimeError):
    """Something that goes wrong while the article is written."""


def test_a_failure_leaves_no_picture_and_no_row_behind(now: datetime) -> None:
    encoded, config = picture_store.encode(image_bytes(), name="x"), conf.config()

    def write_and_fail() -> None:
        with picture_store.tidy([encoded], config=config), transaction.atomic():
            picture_store.keep(encoded, config=config, now=now)
            assert len(media_files()) == 1
            raise Boom

    with pytest.raises(Boom):
        write_and_fail()
    assert media_files() == []
    assert models.Picture.objects.count() == 0


def test_hand_written_articles_are_created_and_changed(now: datetime) -> None:
    article = editing.create(
        title="Ferry\r\nBcc: x@example.org", body_markdown=f"{PARAGRAPH}\n\n*More*", topics=["a", " A ", ""], image=image_bytes(),
        image_alt="A ferry", url="https://harbour.example/x", now=now,
    )  # fmt: skip
    assert article.title == "Ferry Bcc: x@example.org"
    assert article.topics == ["A"]
    changed = editing.update(article, title="Ferry", body_markdown=article.body + "\n\n<p>New</p>", now=now)
    changed.refresh_from_db()
    assert changed.title == "Ferry"
    assert "<em>More</em>" in changed.body
    assert "<p>New</p>" in changed.body
    assert (changed.picture_alt, changed.picture is not None) == ("A ferry", True)
    assert editing.update(article, remove_image=True, now=now).picture is None
    other = editing.create(title="Other", body_markdown="Other text", now=now)
    with pytest.raises(drafts.UnusableArticle, match="already been added"):
        editing.update(other, url="https://harbour.example/x/", now=now)
    with pytest.raises(drafts.UnusableArticle, match="already been added"):
        editing.create(title="Other", body_markdown="other TEXT", now=now)
    with pytest.raises(language.UnknownLanguage):
        editing.update(other, language="klingon language", now=now)
    with pytest.raises(drafts.UnusableArticle, match="no headline"):
        editing.create(title=" \x00 ", now=now)


def test_a_body_that_is_edited_keeps_its_own_pictures(open_site: Site, now: datetime) -> None:
    open_site.put("/a.jpg", image_bytes(), "image/jpeg")
    [added] = adding.add(open_site.put("/story", page(text=f"{PARAGRAPH}<img src='/a.jpg' alt='A'>")), now=now)
    body = added.article.body
    asked = len(open_site.asked)
    assert "<img" in body
    assert editing.update(added.article, body_markdown=body, now=now).body.count("<img") == 1
    assert len(open_site.asked) == asked, "nothing was fetched again"


def test_searching_needs_every_word(now: datetime) -> None:
    editing.create(title="Ferry stays", body_markdown="public hands", now=now)
    editing.create(title="Ferry sold", body_markdown="private hands", now=now)
    assert [article.title for article in queries.newest(limit=10, search="ferry private")] == ["Ferry sold"]
    assert len(queries.newest(limit=10, search="hands")) == 2
    with pytest.raises(queries.NoSuchArticle):
        queries.get(0)


def test_a_list_of_articles_takes_one_query(now: datetime, django_assert_num_queries: Any) -> None:
    for number in range(5):
        editing.create(title=f"Number {number}", image=image_bytes(color=f"rgb({number},9,9)"), now=now)
    with django_assert_num_queries(1):
        assert len([article.picture and article.picture.file for article in queries.newest(limit=5)]) == 5


def test_pictures_lose_their_metadata_and_their_size(now: datetime) -> None:
    exif = Image.Exif()
    exif[0x010E] = "GPS of the source's home"
    exif[0x0112] = 6
    encoded = picture_store.encode(image_bytes(size=(3000, 2000), exif=exif, comment=b"secret"), name="x")
    with Image.open(io.BytesIO(encoded.data)) as stored:
        assert (stored.format, stored.size) == ("JPEG", (1200, 1800))
        assert not stored.getexif()
    assert b"secret" not in encoded.data
    assert b"GPS" not in encoded.data


@pytest.mark.parametrize(
    "data",
    [
        b"", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", b"GIF89a", image_bytes()[:300],
        b"\x89PNG\r\n\x1a\n" + bytes(50), image_bytes("PNG", size=(1, 1)),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(recode.UnusablePicture):
        picture_store.encode(data, name="x")


def test_a_picture_that_unpacks_to_a_gigabyte_is_refused() -> None:
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    with pytest.raises(recode.UnusablePicture, match="20,000 × 20,000 pixels"):
        picture_store.encode(bomb.getvalue(), name="bomb.png")


@pytest.mark.django_db(transaction=True)
def test_four_at_once_add_one_article_and_one_picture(now: datetime, tmp_path: Path) -> None:
    (tmp_path / "pier.png").write_bytes(image_bytes("PNG"))
    file = tmp_path / "ferry.md"
    file.write_text(f"---\ntitle: Ferry\nimage: pier.png\n---\n{PARAGRAPH}\n")

    def add(_number: int) -> bool:
        try:
            return adding.add(str(file), now=now)[0].created
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        created = list(pool.map(add, range(4)))
    assert sorted(created) == [False, False, False, True]
    assert models.Article.objects.count() == models.Picture.objects.count() == len(media_files()) == 1


def test_a_known_page_is_not_fetched_again(open_site: Site, now: datetime) -> None:
    url = open_site.put("/story", page())
    adding.add(url, now=now)
    asked = len(open_site.asked)
    assert [one.created for one in adding.add(url, now=now)] == [False]
    assert len(open_site.asked) == asked


@pytest.mark.parametrize(
    ("kind", "body", "says"),
    [
        ("application/pdf", b"%PDF-1.7", "not a page"),
        ("image/png", image_bytes("PNG"), "not a page"),
        ("application/octet-stream", bytes(range(256)), "not a page"),
        ("text/html", b"", "is empty"),
        ("text/html", bytes(range(256)) * 20, "not text"),
        ("text/html", b"<html><body>Please sign in.</body></html>", "No article was found"),
    ],
)
def test_a_page_that_is_none_is_said_so_and_nothing_is_written(
    open_site: Site, now: datetime, kind: str, body: bytes, says: str
) -> None:
    url = open_site.put("/story", body, kind)
    with pytest.raises(errors.UserError, match=says) as caught:
        adding.add(url, now=now)
    assert url in str(caught.value)
    assert models.Article.objects.count() == len(media_files()) == 0


def test_texts_and_markdown_are_taken_from_the_web_too(open_site: Site, now: datetime) -> None:
    text = (SAMPLES / "saved_page.txt").read_bytes()
    [saved] = adding.add(open_site.put("/a.txt", text, "text/plain; charset=utf-8"), now=now)
    [marked] = adding.add(open_site.put("/b.md", b"# Title\n\n[more](/more) and ![x](/p.png)", "text/plain"), now=now)
    assert saved.article.title == "“We will not sell the night ferry,” mayor tells a packed town hall"
    assert saved.article.url == f"{open_site.url}/a.txt"
    assert marked.article.body == f'<p><a href="{open_site.url}/more">more</a> and </p>'


def entry(number: int, title: str, picture: str = "") -> str:
    return f"<item><title>{title}</title><link>https://harbour.example/{number}</link><description>Words {number}.{picture}</description></item>"


def feed_of(*entries: str) -> str:
    return f"<rss version='2.0'><channel><title>Courier</title>{''.join(entries)}</channel></rss>"


def test_a_feeds_problems_stay_until_a_read_without_any(allowed: Site, now: datetime) -> None:
    """A server that says “unchanged” must not hide them, nor keep the entry that failed out for ever."""
    state = {"whole": feed_of(entry(1, "One"), "<item><guid>2</guid></item>")}

    def answer(handler: Any) -> tuple[int, dict[str, str], bytes]:
        if handler.headers.get("If-None-Match") == '"v1"':
            return 304, {}, b""
        return 200, {"Content-Type": "application/rss+xml", "ETag": '"v1"'}, state["whole"].encode()

    allowed.pages["/feed"] = answer
    source = sources.add_source(url=f"{allowed.url}/feed", now=now)
    for _again in range(2):
        sources.fetch_source(source, now=now)
        source.refresh_from_db()
        assert "Entry 2" in source.last_error
        assert (source.etag, source.last_modified) == ("", "")
    state["whole"] = feed_of(entry(1, "One"), entry(2, "Two"))
    assert sorted(one.created for one in sources.fetch_source(source, now=now)) == [False, True]
    source.refresh_from_db()
    assert source.last_error == ""
    assert source.etag == '"v1"'
    assert sources.fetch_source(source, now=now) == []
    assert models.Article.objects.count() == 2


def test_a_feed_that_takes_too_long_keeps_what_was_read_and_goes_on_the_next_time(
    allowed: Site, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its entries have one time together: each by itself may stay below every limit."""

    read_again: list[bool] = []

    def slow(_handler: Any) -> tuple[int, dict[str, str], bytes]:
        time.sleep(0 if read_again else 3)
        return 200, {"Content-Type": "image/jpeg"}, image_bytes()

    allowed.pages["/slow.jpg"] = slow
    picture = f"<![CDATA[<p>{PARAGRAPH}</p><img src='{allowed.url}/slow.jpg'>]]>"
    entries = [
        f"<item><title>Day {n}</title><guid>{n}</guid><description>{picture}</description></item>" for n in range(3)
    ]
    url = allowed.put("/feed", feed_of(*entries), "application/rss+xml", ETag='"v1"')
    source = sources.add_source(url=url, now=now)
    with monkeypatch.context() as patch:
        patch.setattr(adding, "_FEED_SECONDS", 2)
        sources.fetch_source(source, now=now)
    source.refresh_from_db()
    assert "Read the feed again in a minute for the rest." in source.last_error
    assert source.last_error.count("\n") == 0
    assert source.etag == ""
    assert [path for path, _asked in allowed.asked].count("/slow.jpg") == 1
    read_again.append(True)
    sources.fetch_source(source, now=now)
    source.refresh_from_db()
    assert (source.last_error, models.Article.objects.count()) == ("", 3)


def test_an_article_is_not_stored_without_its_pictures_because_others_are_read(
    allowed: Site, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = parser._parser._turn

    def taken_meanwhile(_handler: Any) -> tuple[int, dict[str, str], bytes]:
        turn.acquire()
        return 200, {"Content-Type": "image/jpeg"}, image_bytes()

    allowed.pages["/pier.jpg"] = taken_meanwhile
    page = f"<article><h1>The pier</h1><p>{PARAGRAPH}</p><p>{PARAGRAPH}</p><img src='/pier.jpg'></article>"
    url = allowed.put("/pier", f"<html><title>The pier</title><body>{page}</body></html>")
    monkeypatch.setattr(budget, "SECONDS_FOR_A_TURN", 0.2)
    try:
        with pytest.raises(parser.ParserBusy, match="Nothing was added"):
            adding.add(url, now=now)
    finally:
        turn.release()
    assert not models.Article.objects.exists()


def test_after_a_failure_the_whole_feed_is_asked_for(allowed: Site, now: datetime) -> None:
    url = allowed.put("/feed", feed_of(entry(1, "One")), "application/rss+xml", ETag='"v1"')
    source = sources.add_source(url=url, now=now)
    sources.fetch_source(source, now=now)
    allowed.pages["/feed"] = (500, {}, b"")
    with pytest.raises(errors.UserError):
        sources.fetch_source(source, now=now)
    allowed.pages["/feed"] = (304, {}, b"")
    sources.fetch_source(source, now=now)
    assert "if-none-match" not in allowed.asked[-1][1]
    source.refresh_from_db()
    assert "500" in source.last_error


def test_what_is_pasted_into_the_form_is_read_like_a_file(now: datetime) -> None:
    pasted = "From: Ada Quill <ada@courier.example>\nTo: desk@courier.example\nSubject: Pier\n\nThe pier is shut.\n\n%%hush%%\n\n-- \nAda\n+44 20 7946 0000\n"
    article = editing.create(title="Pier", body_markdown=pasted, now=now)
    assert article.body == "<p>The pier is shut.</p>"
    assert {piece["why"] for piece in article.left_out} == {"mail", "remark"}
    article = editing.create(
        title="Two", body_markdown="---\ndraft: true\ntitle: x\n---\nWords of the second.\n", now=now
    )
    assert (article.title, article.kept_back, article.body) == ("Two", "draft", "<p>Words of the second.</p>")
    editing.update(article, body_markdown="Words of the second.\n\n<!--members-only-->\n\nhush\n", now=now)
    assert "hush" not in article.body
    assert [piece["why"] for piece in article.left_out] == ["members"]


@pytest.mark.parametrize("text", ["# Ferry race\n\nNine boats.", "<h1>Ferry race</h1><p>Nine boats.</p>"])
def test_a_text_without_a_headline_of_its_own_begins_with_it(now: datetime, text: str) -> None:
    made = editing.create(title=" ", body_markdown=text, now=now)
    assert (made.title, made.body) == ("Ferry race", "<p>Nine boats.</p>")
    other = editing.create(title="Another headline", body_markdown=f"{text}\n\nMore.", now=now)
    assert "Ferry race</h2>" in other.body
    with pytest.raises(drafts.UnusableArticle):
        editing.create(title="", body_markdown="Only a text.", now=now)


@pytest.mark.parametrize(
    "line",
    ["date: 2099-01-01", "publishDate: 2099-01-01", "embargo: 1 January 2099", "embargo_until: 2099-01-01T08:00:00Z"],
)
def test_a_file_is_kept_back_until_its_day_and_the_day_is_said(line: str, tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "owls.md"
    path.write_text(f"---\ntitle: Owls\n{line}\n---\n{PARAGRAPH}\n", encoding="utf-8")
    added = adding.add(str(path), now=now)[0]
    assert added.article.kept_back == "draft"
    assert "It is dated 2099-01-01, a day that is still to come, so it counts as a draft." in added.notes


def test_a_day_that_has_begun_anywhere_and_one_that_is_over_hold_nothing_back(now: datetime) -> None:
    for day, kept in (
        (now, ""),
        (now + timedelta(hours=13), ""),
        (now - timedelta(days=400), ""),
        (now + timedelta(days=2), "draft"),
    ):
        text = f"---\ntitle: Owls {day:%d %m %Y}\nembargo: {day:%Y-%m-%d}\n---\n{PARAGRAPH} {day}\n"
        article = editing.create(title=f"Owls {day}", body_markdown=text, now=now)
        assert article.kept_back == kept


def test_a_state_that_is_not_understood_is_said_where_the_file_is_added(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "owls.md"
    path.write_text(f"---\ntitle: Owls\nstatus: purple\n---\n{PARAGRAPH}\n", encoding="utf-8")
    added = adding.add(str(path), now=now)[0]
    assert added.article.kept_back == ""
    assert any("“status: purple” in its front matter was not understood" in note for note in added.notes)


def an_export(*entries: tuple[str, str, str, str]) -> str:
    items = "".join(
        f"<item><title>{title}</title><link>https://owls.example/?p={number}</link><pubDate>Tue, {number + 1:02} Sep 2026 10:00:00 +0000</pubDate>"
        f"<content:encoded><![CDATA[{title} at <b>night</b>. {PARAGRAPH}\n\nA second paragraph of {title}.]]></content:encoded><wp:status>{status}</wp:status>"
        f"<wp:post_type>{kind}</wp:post_type><wp:post_password><![CDATA[{password}]]></wp:post_password></item>"
        for number, (title, kind, status, password) in enumerate(entries)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        f'xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>Owls</title><wp:wxr_version>1.2</wp:wxr_version>{items}</channel></rss>'
    )


def test_of_a_wordpress_export_only_what_is_published_is_ready(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "owls.xml"
    path.write_text(
        an_export(
            ("Post", "post", "publish", ""), ("Page", "page", "publish", ""), ("Draft", "post", "draft", ""), ("Pending", "post", "pending", ""),
            ("Future", "post", "future", ""), ("Private", "page", "private", ""), ("Locked", "post", "publish", "owl"), ("Pitched", "post", "pitch", ""),
            ("Recipe", "recipe", "publish", ""), ("Binned", "post", "trash", ""), ("Begun", "post", "auto-draft", ""),
            ("owl.jpg", "attachment", "inherit", ""), ("mouse.jpg", "attachment", "inherit", ""), ("Home", "nav_menu_item", "publish", ""),
        ),
        encoding="utf-8",
    )  # fmt: skip
    added = adding.add(str(path), now=now)
    kept_back = {one.article.title: one.article.kept_back for one in added}
    assert kept_back == {
        "Post": "", "Page": "", "Draft": "draft", "Pending": "draft", "Future": "draft", "Private": "draft", "Locked": "members",
        "Pitched": "draft", "Recipe": "draft",
    }  # fmt: skip
    said = [note for one in added for note in one.notes if "export" in note]
    assert said == [
        "5 entries of the export are no articles and were not added: attachment (2), trash (1), auto-draft (1), nav_menu_item (1)."
    ]
    assert "<p>A second paragraph of Post.</p>" in next(
        one.article.body for one in added if one.article.title == "Post"
    )


def test_an_export_of_nothing_but_pictures_says_so(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "owls.xml"
    path.write_text(an_export(("owl.jpg", "attachment", "inherit", "")), encoding="utf-8")
    with pytest.raises(feeds.UnusableFeed, match=r"owls\.xml holds no article\. 1 entry of the export is no article"):
        adding.add(str(path), now=now)


def test_of_a_large_export_the_newest_are_taken_and_it_is_said() -> None:
    many = [(f"Post {number}", "post", "publish", "") for number in range(feeds.MAX_ENTRIES + 3)]
    whole = an_export(*many)
    for number in range(len(many)):
        whole = whole.replace(f"Tue, {number + 1:02} Sep 2026", f"Tue, {number % 28 + 1:02} Sep {1900 + number}", 1)
    feed = feeds.read(whole.encode(), url="owls.xml")
    assert len(feed.entries) == feeds.MAX_ENTRIES
    assert [feed.entries[0].title, feed.entries[-1].title] == [many[-1][0], many[3][0]]
    assert feed.notes == (f"Only the newest {feeds.MAX_ENTRIES} of {len(many)} were added.",)
