# ruff: noqa: E501
"""Pages, files and feeds in every shape → drafts; parsers open nothing and nothing blows up."""

import gzip
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter import errors
from newsletter.articles import drafts, keys
from newsletter.articles.reading import decoding, extract, feeds, sanitise
from newsletter.articles.reading.markdown import front_matter
from newsletter.articles.text import direction, language
from tests.articles.conftest import Site

PARAGRAPH = (
    "The night ferry between Harbourtown and the islands will stay in public hands, the mayor told some four hundred "
    "people on Tuesday evening, and she added that it has carried the nurses of the town home for sixty years."
)


def test_a_file_of_html_without_a_page_around_it_is_taken_whole() -> None:
    draft = extract.file(b"<h1>Title</h1><p>Short.</p><p>And <em>sweet</em>.</p>", name="a.html")
    assert draft.title == "Title"
    assert sanitise.clean(draft.body) == "<p>Short.</p><p>And <em>sweet</em>.</p>"


def test_html_in_a_text_file_is_read_as_html() -> None:
    draft = extract.file(
        b"<!DOCTYPE html>\n<html><title>Title</title><body><p>Text of it.</p></body></html>", name="a.txt"
    )
    assert (draft.title, sanitise.clean(draft.body)) == ("Title", "<p>Text of it.</p>")


def test_front_matter_in_a_text_file_is_read_as_such() -> None:
    draft = extract.file(b"---\ntitle: Title\nlanguage: fa\n---\n\nText.\n", name="a.txt")
    assert (draft.title, draft.language) == ("Title", "fa")


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>Night ferry stays | The Harbour Courier</title>", "Night ferry stays"),
        ("<title>Night ferry stays - Harbour Courier News</title>", "Night ferry stays"),
        ("<title>Night ferry stays - for now</title>", "Night ferry stays - for now"),
        (
            "<title>x</title><meta property=og:title content='Night ferry stays &amp; sails'>",
            "Night ferry stays & sails",
        ),
        (
            "<title>Night ferry stays – Küstenblatt</title><meta property=og:site_name content='Küstenblatt'>",
            "Night ferry stays",
        ),
    ],
)
def test_the_title_is_the_storys_not_the_sites(head: str, title: str) -> None:
    page = f"<html><head>{head}</head><body><article><p>{PARAGRAPH}</p></article></body></html>"
    assert extract.page(page.encode(), url="https://harbour.example/a").title == title


def test_a_heading_that_the_page_announces_is_the_title() -> None:
    page = f"<html><head><title>Night ferry “stays” | Courier</title></head><body><article><h1>Night ferry “stays”</h1><p>{PARAGRAPH}</p></article></body></html>"
    draft = extract.page(page.encode(), url="https://harbour.example/a")
    assert draft.title == "Night ferry “stays”"
    assert "Night ferry" not in sanitise.text_of(draft.body)[:20]


@pytest.mark.parametrize(
    ("canonical", "url"),
    [
        ("/story", "https://www.harbour.example/story"),
        ("https://harbour.example/story", "https://harbour.example/story"),
        ("https://evil.example/story", "https://www.harbour.example/a"),
        ("javascript:alert(1)", "https://www.harbour.example/a"),
        ("//[", "https://www.harbour.example/a"),
    ],
)
def test_a_page_may_name_its_address_only_on_its_own_site(canonical: str, url: str) -> None:
    page = f"<html><head><title>T</title><link rel=canonical href='{canonical}'></head><body><p>{PARAGRAPH}</p></body></html>"
    assert extract.page(page.encode(), url="https://www.harbour.example/a").url == url


@pytest.mark.parametrize("charset", ["windows-1251", "koi8-r", "utf-16", "utf-8"])
@pytest.mark.parametrize("declared", ["header", "meta"])
def test_a_page_is_read_in_its_own_encoding(charset: str, declared: str) -> None:
    text = "Ночной паром останется в городской собственности, сказала мэр во вторник вечером горожанам. " * 4
    # A UTF-16 page tells itself by its byte order mark.
    meta = f"<meta charset={charset}>" if declared == "meta" else ""
    page = f"<html><head>{meta}<title>Паром</title></head><body><article><p>{text}</p></article></body></html>"
    draft = extract.page(
        page.encode(charset), url="https://harbour.example/a", charset=charset if declared == "header" else ""
    )
    assert draft.title == "Паром"
    assert "Ночной паром" in draft.body


def test_a_login_wall_is_no_article() -> None:
    with pytest.raises(drafts.UnusableArticle, match="No article was found"):
        extract.page(
            b"<html><title>Sign in</title><body><form><input></form></body></html>", url="https://harbour.example/a"
        )


BOMB = (
    "<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY a 'aaaaaaaaaa'>"
    + "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
)


def test_entities_and_document_types_open_and_expand_nothing(canary: Site, tmp_path: object) -> None:
    """Trust 21: a document type may name files and hosts; nobody looks."""
    external = (
        f"<?xml version='1.0'?><!DOCTYPE rss SYSTEM '{canary.url}/x.dtd' [<!ENTITY f SYSTEM 'file:///etc/passwd'>"
        f"<!ENTITY h SYSTEM '{canary.url}/e'><!ENTITY % p SYSTEM '{canary.url}/p'> %p;]>"
    )
    for prolog in (BOMB, external):
        feed = f"{prolog}<rss version='2.0'><channel><title>&j;&f;&h;</title><item><title>One &j;&f;&h;</title><link>https://harbour.example/1</link></item></channel></rss>"
        try:
            entries = feeds.read(feed.encode(), url="https://harbour.example/feed").entries
        except feeds.UnusableFeed:
            entries = ()
        for entry in entries:
            assert len(entry.title) < 1000
            assert "root:" not in entry.title
        page = f"{prolog}<html><head><title>T &j;&f;</title></head><body><p>&j;&f;&h; {PARAGRAPH}</p></body></html>"
        draft = extract.page(page.encode(), url="https://harbour.example/a")
        assert len(draft.body) < 5000
        assert "root:" not in draft.body
    assert canary.asked == []


def test_parsers_are_given_nothing_that_they_could_open(canary: Site, tmp_path: object) -> None:
    """Trust 21: bytes that read like an address or a file's name stay bytes."""
    for data in (canary.url.encode(), b"/etc/passwd", b"file:///etc/passwd"):
        with pytest.raises(feeds.UnusableFeed):
            feeds.read(data, url="https://harbour.example/feed")
    extract.file(canary.url.encode() + b" is the place\n\nText", name="a.txt")
    assert canary.asked == []


ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title type="html">Der &amp;lt;b&amp;gt;Bote&amp;lt;/b&amp;gt;</title>
<entry><title type="html">Fähre &lt;em&gt;bleibt&lt;/em&gt;</title><link href="/f"/><id>urn:x:1</id><updated>2026-11-24T07:00:00Z</updated>
<author><name>Anna Beispiel</name></author><category term="Hafen"/><summary>Kurz gesagt.</summary>
<content type="html">&lt;p&gt;Die Fähre.&lt;/p&gt;&lt;a href="/x"&gt;x&lt;/a&gt;</content>
<link rel="enclosure" type="image/jpeg" href="/p.jpg"/></entry>
<entry><title></title><link href="/empty"/></entry></feed>"""


def test_atom_with_relative_links_and_typed_texts() -> None:
    feed = feeds.read(ATOM.encode(), url="https://bote.example/feed.atom", content_type="application/atom+xml")
    [entry] = feed.entries
    assert (entry.title, entry.standfirst, entry.byline) == ("Fähre bleibt", "Kurz gesagt.", "Anna Beispiel")
    assert (entry.url, entry.image) == ("https://bote.example/f", "https://bote.example/p.jpg")
    assert (entry.topics, entry.published_at) == (("Hafen",), datetime(2026, 11, 24, 7, tzinfo=UTC))
    assert len(feed.problems) == 1
    assert "Entry 2" in feed.problems[0]


@pytest.mark.parametrize(
    ("data", "kind", "is_feed"),
    [
        (b"<rss version='2.0'>", "", True),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- c --><feed xmlns='x'>", "text/xml", True),
        (b"<?xml version='1.0'?><rdf:RDF>", "", True),
        (b"anything", "application/rss+xml", True),
        (b"<html><rss>", "text/html", False),
        (b"rss feed", "text/plain", False),
    ],
)
def test_a_feed_is_told_by_its_type_or_beginning(data: bytes, kind: str, is_feed: bool) -> None:
    assert feeds.is_feed(data, content_type=kind) is is_feed


@pytest.mark.parametrize(
    "data",
    [
        b"a" * 1_000_000,
        b"<div>" * 20_000 + b"deep",
        b"<p>" + b"word " * 50_000,
        b"# " + b"#" * 50_000,
        b"[" * 20_000,
        b"*" * 50_000 + b"a" + b"*" * 50_000,
        b"> " * 5_000 + b"x",
        b"\n".join(b"- %d" % n for n in range(2_000)),
        b"| " * 5_000 + b"\n" + b"|-" * 5_000,
        b"\n\n".join(b"Line number %d of the menu" % n for n in range(2_000)),
        b"\n" * 300_000 + b"x",
        b"\n".join(b"- [a](#b)" for _ in range(5_000)) + b"\n- x",
        b"[embed]" * 5_000,
        gzip.compress(b"x" * 1000),
        b"---\na: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\ntitle: T\n---\ntext",
    ],
    ids=range(15),
)
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
def test_nasty_files_end_in_a_draft_or_an_error(data: bytes, name: str) -> None:
    try:
        draft = extract.file(data, name=name)
    except drafts.UnusableArticle as error:
        said = error.field
    else:
        said = name if draft.title else ""
    assert said == name


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@example(b"!\x0b!")
@example(b"# One\n\n[gallery] a&#11;b&#x1;<b title='&#12;'>c</b>&#xFFFF; [gallery ids='1']\x0c")
@settings(max_examples=80)
def test_any_bytes_end_in_a_draft_or_an_error(data: bytes) -> None:
    for name in ("a.txt", "a.md"):
        try:
            draft = extract.file(data, name=name)
        except errors.UserError:
            continue
        sanitise.clean(draft.body)


def test_quotes_and_breaks_of_markdown_stay() -> None:
    draft = front_matter.read("# “One”\n\nTwo — three\\\nfour ‘five’\n", name="a.md")
    assert (draft.title, draft.body) == ("“One”", "<p>Two — three<br />\nfour ‘five’</p>\n")


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        ("fa", "", "rtl"), ("ar-EG", "", "rtl"), ("he", "abc", "rtl"), ("en", "سلام", "ltr"), ("ur_PK", "", "rtl"),
        ("ku", "", "ltr"), ("ku-Arab", "", "rtl"), ("az-Latn", "", "ltr"), ("pa-Arab-PK", "", "rtl"), ("ckb", "", "rtl"),
        ("", "سلام Harbour دنیا", "rtl"), ("und", "Hello سلام there", "ltr"), ("", "", "ltr"), ("yi", "", "rtl"),
    ],
)  # fmt: skip
def test_direction_follows_script_language_and_letters(tag: str, text: str, expected: str) -> None:
    assert direction.of(tag, text) == expected


@pytest.mark.parametrize(
    ("text", "hint", "expected"),
    [
        ("The mayor said on Tuesday that the night ferry to the islands would stay in public hands.", "", "en"),
        ("شهردار سه‌شنبه شب گفت که کشتی شبانه جزیره‌ها در دست شهر می‌ماند و فروشی نیست.", "", "fa"),
        ("قالت رئيسة البلدية مساء الثلاثاء إن العبارة الليلية ستبقى ملكا للمدينة.", "", "ar"),
        ("Die Bürgermeisterin sagte am Dienstag, die Nachtfähre bleibe in städtischer Hand.", "de-AT", "de-AT"),
        ("Die Bürgermeisterin sagte am Dienstag, die Nachtfähre bleibe in städtischer Hand. " * 4, "en-US", "de"),
        ("Ja!", "nl", "nl"),
        ("Ja!", "", "en"),
        ("Ja!", "not a tag", "en"),
    ],
)
def test_the_language_is_detected_and_a_hint_is_weighed(text: str, hint: str, expected: str) -> None:
    assert language.of(text, hint=hint) == expected


@pytest.mark.parametrize(
    ("given_tag", "expected"), [("EN", "en"), ("pt_br", "pt-BR"), ("zh-hans-cn", "zh-Hans-CN"), ("", "")]
)
def test_language_tags_are_written_one_way(given_tag: str, expected: str) -> None:
    assert language.tag(given_tag) == expected


@pytest.mark.parametrize(
    "other",
    [
        "https://harbour.example/a", "http://HARBOUR.example:80/a/", "https://harbour.example/a?utm_source=x&fbclid=y",
        "https://harbour.example/a#comments", "https://harbour.example:443/%61", " https://harbour.example./a ",
    ],
)  # fmt: skip
def test_spellings_of_one_address_have_one_key(other: str) -> None:
    assert keys.url_key(other) == keys.url_key("https://harbour.example/a")


@pytest.mark.parametrize(
    "other",
    ["https://harbour.example/b", "https://harbour.example/A", "https://harbour.example/a?id=2", "https://x.example/a"],
)
def test_different_addresses_have_different_keys(other: str) -> None:
    assert keys.url_key(other) != keys.url_key("https://harbour.example/a")


def test_a_text_is_known_again_by_its_words() -> None:
    def key(title: str, body: str) -> str:
        return keys.text_key(title=title, standfirst="", body_html=body)

    assert key("A “b”", f"<p>{PARAGRAPH}</p>") == key('a "B"', PARAGRAPH.replace(" ", "\n").upper())
    assert key("A", f"<p>{PARAGRAPH}</p>") != key("A", f"<p>{PARAGRAPH} Not.</p>")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "cp1252", "utf-16-le"])
def test_typographic_quotes_survive_every_encoding(encoding: str) -> None:
    text = "“It isn’t for sale” – she said… and the ferry sailed on into the night, as it had for sixty years."
    assert decoding.text_of(text.encode(encoding), name="x") == text


def test_a_description_of_the_site_is_no_standfirst() -> None:
    def standfirst(description: str) -> str:
        page = f"<html><head><title>T</title><meta name=description content='{description}'></head><body><article><p>{PARAGRAPH}</p></article></body></html>"
        return extract.page(page.encode(), url="https://harbour.example/a").standfirst

    assert standfirst("The ferry to the islands is not for sale.") == "The ferry to the islands is not for sale."
    assert standfirst("Independent local journalism, sport, opinion and weather every day.") == ""


def test_importing_the_room_stays_cheap() -> None:
    """Workers that only send mail must not carry the extractor's 45 MB."""
    code = (
        "import sys, django; django.setup(); import newsletter.articles.adding; "
        "sys.exit(bool({'trafilatura', 'feedparser', 'py3langid', 'lxml'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


OWLS = "Owls move into the clock tower"
TOLD = "They came on Saturday night, and the keeper says that they have not left the heaviest wheel of the clock since."


@pytest.mark.parametrize(
    "table",
    [
        "## Contents\n\n- What now\n- What then\n",
        "# Inhalt\n\n1. [Was nun](#was-nun)\n",
        "**Sommaire :**\n\n* [Et maintenant](#a)\n  * [Et puis](#b)\n",
        "## فهرست مطالب\n\n- [حالا چه](#a)\n",
        "<!-- toc -->\n- [What now](#what-now)\n<!-- /toc -->\n",
        "[TOC]\n",
        "[[_TOC_]]\n",
        "* TOC\n{:toc}\n",
    ],
)
def test_a_table_of_contents_is_no_headline_and_is_not_sent(table: str) -> None:
    text = f"{table}\n# {OWLS}\n\n{TOLD}\n\n## What now\n\nThe keeper waits.\n"
    draft = extract.file(text.encode(), name="owls.md")
    assert draft.title == OWLS
    assert draft.body.startswith(f"<p>{TOLD}</p>")
    assert "<li>" not in draft.body
    assert "<h2>What now</h2>" in draft.body
    named = [piece.text for piece in draft.left_out]
    assert named == [] if "toc" in table.lower() and "](" not in table else len(named) == 1


def test_a_table_of_contents_below_the_headline_goes_and_a_list_of_the_story_stays() -> None:
    listed = "## What is in the box\n\n- Three owls\n- A wheel\n"
    text = f"# {OWLS}\n\n## On this page\n\n- What is in the box\n\n{TOLD}\n\n{listed}\n```\n[TOC]\n```\n"
    draft = extract.file(text.encode(), name="owls.md")
    assert [piece.text for piece in draft.left_out] == ["On this page What is in the box"]
    assert "<li>Three owls</li>" in draft.body
    assert "[TOC]" in draft.body


@pytest.mark.parametrize("label", ["### Wildlife", "## Wildlife", "Wildlife", "**Wildlife**"])
def test_a_word_above_the_heading_is_the_label(label: str) -> None:
    draft = extract.file(f"{label}\n\n# {OWLS}\n\n{TOLD}\n".encode(), name="owls.md")
    assert (draft.title, draft.kicker, draft.notes) == (OWLS, "Wildlife", ())
    assert draft.body.strip() == f"<p>{TOLD}</p>"


def test_a_first_line_by_itself_is_the_headline_of_a_file_without_headings() -> None:
    draft = extract.file(f"**{OWLS}**\n\n{TOLD}\n".encode(), name="owls.md")
    assert (draft.title, draft.notes, draft.body.strip()) == (OWLS, (), f"<p>{TOLD}</p>")


def test_a_heading_below_the_beginning_of_the_story_parts_it() -> None:
    draft = extract.file(f"{OWLS}\n\n{TOLD}\n\n# What now\n\nThe keeper waits.\n".encode(), name="owls.md")
    assert draft.title == OWLS
    assert "<h1>What now</h1>" in draft.body


def test_a_table_of_contents_of_a_site_or_of_word_is_left_out_and_named() -> None:
    for marked in ('<div id="ez-toc-container"><p>Contents</p><a href="#a">What now</a></div>',
                   "<p class=MsoToc1>Contents What now</p>"):  # fmt: skip
        page = f"<html><head><title>{OWLS}</title></head><body><h1>{OWLS}</h1>{marked}<p>{TOLD}</p></body></html>"
        draft = extract.file(page.encode(), name="owls.html")
        assert "What now" not in draft.body
        assert ["What now" in piece.text for piece in draft.left_out] == [True]


@pytest.mark.parametrize(
    "head",
    [
        f"<title>{OWLS} | Courier</title>",
        f"<title>{OWLS} – Courier</title>",
        f"<title>Courier: {OWLS}</title>",
        f"<title>{OWLS}</title><meta property=og:site_name content=Courier>",
        f"<title>{OWLS} | Courier</title><meta property=og:title content='{OWLS} - Courier'><meta property=og:site_name content=Courier>",
    ],
)
@pytest.mark.parametrize("tag", ["h1", "h2"])
def test_a_sites_name_that_is_set_as_a_heading_is_no_headline(head: str, tag: str) -> None:
    page = f"<html><head>{head}</head><body><h1><a href=/>Courier</a></h1><main><{tag}>{OWLS}</{tag}><p>{TOLD}</p><p>{PARAGRAPH}</p></main></body></html>"
    for draft in (
        extract.page(page.encode(), url="https://courier.example/owls"),
        extract.file(page.encode(), name="owls.html"),
    ):
        assert draft.title == OWLS
        assert "clock tower" not in draft.body
        assert "Courier" not in draft.body


def test_a_page_that_announces_only_its_site_is_titled_by_its_heading() -> None:
    page = f"<html><head><title>Courier</title></head><body><main><h1>{OWLS}</h1><p>{TOLD}</p><p>{PARAGRAPH}</p></main></body></html>"
    assert extract.page(page.encode(), url="https://courier.example/owls").title == OWLS
