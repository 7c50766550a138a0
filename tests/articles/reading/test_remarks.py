# ruff: noqa: E501
"""What writers leave for each other or for members in a text: it never reaches a reader, and it is said."""

from pathlib import Path

import pytest

from newsletter import conf
from newsletter.articles import article_builder
from newsletter.articles.drafts import Draft, KeptBack, Why
from newsletter.articles.reading import extract, feeds

LEAD = "The harbour council voted on Tuesday evening to close the old ferry pier for repairs until the spring."
LAST = "A bus will run every twenty minutes, and bicycles travel free until nine in the morning."


def read(body: str, *, name: str = "a.md", front: str = "title: Pier\n") -> Draft:
    text = f"---\n{front}---\n{body}" if name.endswith(".md") else f"The pier closes for the winter\n\n{body}"
    return extract.file(text.encode(), name=name)


REMARKS = [
    ("obsidian", "%%hush%%", Why.REMARK),
    ("obsidian, in a sentence", "Words %%hush%% and more.", Why.REMARK),
    ("obsidian, on several lines", "%%\nhush\n\n- hush\n%%", Why.REMARK),
    ("html", "<!-- hush -->", Why.REMARK),
    ("html, in a sentence", "Words <!-- hush --> and more.", Why.REMARK),
    ("html, on several lines", "<!--\nhush\n\nhush\n-->", Why.REMARK),
    ("critic markup", "Words {>>hush<<} and more.", Why.REMARK),
    ("critic markup, deleted", "Words {--hush--} and more.", Why.DELETED),
    ("critic markup, exchanged", "Words {~~hush~>loud~~} and more.", Why.DELETED),
    ("liquid", "{% comment %}hush{% endcomment %}", Why.REMARK),
    ("hugo", "{{/* hush */}}", Why.REMARK),
    ("a shortcode", '{{< hush src="x" >}}', Why.CODE),
]


@pytest.mark.parametrize(("name", "remark", "why"), REMARKS, ids=[name for name, _remark, _why in REMARKS])
@pytest.mark.parametrize("file", ["a.md", "a.txt"])
def test_a_remark_is_kept_out_and_said(name: str, remark: str, why: Why, file: str) -> None:
    draft = read(f"{LEAD}\n\n{remark}\n\n{LAST}\n", name=file)
    assert "hush" not in draft.body + draft.title + draft.standfirst
    for mark in ("%%", "{>>", "{--", "~>", "{%", "{{", "--&gt;"):
        assert mark not in draft.body
    assert LEAD in draft.body
    assert LAST in draft.body
    assert [piece.why for piece in draft.left_out] == [why]
    assert any("hush" in note for note in draft.notes)
    assert ("loud" in draft.body) == ("loud" in remark)


def test_what_is_left_open_hides_the_rest() -> None:
    for opening in ("%%hush", "<!-- hush"):
        draft = read(f"{LEAD}\n\n{opening}\n\n{LAST} hush\n")
        assert "hush" not in draft.body
        assert "hush" in draft.left_out[0].text


def test_code_keeps_its_signs() -> None:
    draft = read(f"{LEAD} Write `%%so%%`.\n\n```\n{{{{< tide >}}}} <!-- b -->\n```\n")
    assert "<code>%%so%%</code>" in draft.body
    assert "{{&lt; tide &gt;}} &lt;!-- b --&gt;" in draft.body
    assert draft.left_out == ()


def test_per_cent_signs_in_prose_are_no_remark() -> None:
    assert "5 % and 7 %" in read(f"{LEAD} Between 5 % and 7 % of them.\n").body


MARKS = [
    "<!--members-only-->", "<!-- members only -->", "<!--subscribers-only-->", "<!-- paywall -->", "<!--paid-->",
    "<!-- wp:jetpack/paywall /-->", "[paywall]", "[members_only]", "[restrict level=2]", "{{< paywall >}}",
    "{% paywall %}", "--- members only ---", "==== Paywall ====", "[For members only]",
    "<!--tide-paywall-->", "<!-- Tide paywall -->", "___TIDE_PAYWALL___", "<!-- wp:tide/paywall -->", "<paywall>", "<Paywall />",
    "<!--premium-start-->", "<!-- BEGIN PREMIUM -->", "<!-- start: premium -->", "<!--// Paid content starts here -->",
    "<!-- free preview ends here -->", "<!-- end of preview -->", "<!-- endfree -->", "<!-- Plus-Artikel -->", "<!-- more: members -->",
    "<!-- nur für Mitglieder -->", "<!-- contenu réservé aux abonnés -->", "<!-- abonnés -->", "<!-- solo para suscriptores -->",
    "<!-- somente para assinantes -->", "<!-- solo per abbonati -->", "<!-- alleen voor leden -->", "<!-- только для подписчиков -->",
    "<!-- sadece üyeler için -->", "<!-- tylko dla subskrybentów -->", "<!-- فقط برای مشترکان -->", "<!-- للمشتركين فقط -->",
    "**Ab hier nur für Abonnenten**", "— Ende des frei lesbaren Teils —", "🔒 Members only", "(paywall)", "Only for paying members",
    "[pms-restrict]", "[swpm_protected]", "[tide_premium]", "[tide-restricted id=3]", "[wcm_content_restricted]", '[wlm_private "Gold"]',
    "{{#members}}", "%%members only%%", "::: members",
]  # fmt: skip


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("file", ["a.md", "a.txt"])
def test_what_stands_behind_a_members_only_mark_is_kept_out(mark: str, file: str) -> None:
    draft = read(f"{LEAD}\n\n{mark}\n\nhush **one**.\n\n## hush two\n\nhush three\n", name=file)
    assert "hush" not in draft.body
    assert "aywall" not in draft.body + draft.title
    assert LEAD in draft.body
    [piece] = draft.left_out
    assert piece.why is Why.MEMBERS
    assert any("members only" in note for note in draft.notes)


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        ("[paywall]", "[/paywall]"),
        ("<!--members-only-->", "<!--/members-only-->"),
        ("<!-- paywall start -->", "<!-- paywall end -->"),
        ("{{< paywall >}}", "{{< /paywall >}}"),
        ("[tide_protected]", "[/tide_protected]"),
        ("[private]", "[/private]"),
        ("<!--premium-start-->", "<!--premium-end-->"),
        ("<!-- BEGIN PREMIUM -->", "<!-- END PREMIUM -->"),
        ("<!-- Anfang Bezahlinhalt -->", "<!-- Ende Bezahlinhalt -->"),
        ("<!-- nur für Mitglieder -->", "<!-- Ende nur für Mitglieder -->"),
        ("<paywall>", "</paywall>"),
        ("{{#members}}", "{{/members}}"),
        ("{% members %}", "{% endmembers %}"),
        ('<!--kg-gated-block:begin nonMember:false memberSegment:"status:free"-->', "<!--kg-gated-block:end-->"),
    ],
)
def test_behind_the_mark_that_ends_it_the_story_goes_on(opens: str, closes: str) -> None:
    draft = read(f"{LEAD}\n\n{opens}\n\nhush\n\n{closes}\n\n{LAST}\n")
    assert "hush" not in draft.body
    assert LAST in draft.body


@pytest.mark.parametrize(
    "mark",
    [
        "<!--more-->", "<!-- more -->", "<!--nextpage-->", "<!-- wp:paragraph -->", "## Members only", "## Nur für Mitglieder",
        "Members", "For members", "The paywall", "Nur Mitglieder stimmten ab.", "Only members of the council may vote",
        "“The council [members of it] met [private] on Monday.”", "[subscribers](https://courier.example/s)",
    ],
)  # fmt: skip
def test_a_teaser_mark_or_a_heading_hides_nothing(mark: str) -> None:
    draft = read(f"{LEAD}\n\n{mark}\n\n{LAST}\n")
    assert LAST in draft.body
    assert draft.left_out == ()
    assert draft.notes == ()


def test_a_headline_hides_nothing() -> None:
    text = f"Nur für Mitglieder\n\n{LEAD}\n\n{LAST}\n"
    assert LAST in extract.file(text.encode(), name="a.txt").body


@pytest.mark.parametrize(
    "wall",
    [
        "This post is for paid subscribers",
        "Subscribe to The Courier to keep reading this post",
        "Keep reading with a 7-day free trial",
        "Dieser Artikel ist nur für Abonnenten",
    ],
)
def test_a_saved_page_ends_at_its_paywall(wall: str) -> None:
    draft = read(f"{LEAD}\n\n{LAST}\n\n{wall}\n\nAlready a hush subscriber? Sign in\n", name="a.txt")
    assert "hush" not in draft.body
    assert wall not in draft.body
    assert LAST in draft.body


def test_comments_of_a_google_document_saved_as_text_go_with_their_marks() -> None:
    text = f"The pier closes for the winter\n\n{LEAD}[a] Ben Oar spoke.[b]\n\n{LAST}\n\n[a]Is this hush?\n[b]hush\nand hush\n"
    draft = extract.file(text.encode(), name="a.txt")
    assert "hush" not in draft.body
    assert "[a]" not in draft.body
    assert "[b]" not in draft.body
    assert [piece.text for piece in draft.left_out] == ["Is this hush?", "hush and hush"]


def test_brackets_in_a_story_are_no_comments() -> None:
    assert (
        "vote[d] for it"
        in read(f"{LEAD} They vote[d] for it.\n\n[a] first point, [b] second point\n", name="a.txt").body
    )


STATES = [
    ("draft: true", KeptBack.DRAFT), ("draft: 'yes'", KeptBack.DRAFT), ("published: false", KeptBack.DRAFT),
    ("publish: false", KeptBack.DRAFT), ("status: draft", KeptBack.DRAFT), ("status: In progress", KeptBack.DRAFT),
    ("visibility: paid", KeptBack.MEMBERS), ("visibility: members", KeptBack.MEMBERS),
    ("draft: false", KeptBack.NO), ("published: true", KeptBack.NO), ("published: 2026-11-24", KeptBack.NO),
    ("status: published", KeptBack.NO), ("visibility: public", KeptBack.NO),
]  # fmt: skip


STATES += [(line, KeptBack.DRAFT) for line in (
    "is_draft: 1", "isPublished: false", "is-published: nein", "dg-publish: false", "published: 'no'", "_draft: true", "draft: ja", "wip: true", "hold: yes",
    "unlisted: true", "ready: no", "brouillon: oui", "پیش‌نویس: بله", "status: черновик", "estado: borrador", "Statut: en cours", "وضعیت: پیش‌نویس",
    "status: killed", "status: Embargoed", "status: embargo until Friday", "state: idea", "stage: copy edit", "workflow: ready for review",
    "status: 🟡 In progress", "status: not ready", "visibility: private", "categories: [Drafts]", "build:\n  render: never",
)]  # fmt: skip
STATES += [(line, KeptBack.MEMBERS) for line in (
    "members_only: true", "membersOnly: true", "subscribers-only: yes", "premium: true", "paywall: true", "paid: 1", "audience: paid", "audience: only_paid",
    "access: paying members", "tier: paid", "tiers: [paid]", "isAccessibleForFree: false", "status: members only",
)]  # fmt: skip
STATES += [(line, KeptBack.NO) for line in (
    "is_draft: false", "members_only: false", "dg-publish: true", "status: опубликовано", "وضعیت: منتشر شده", "status: ✅ Done", "audience: everyone",
    "access: free", "tags: [sports, draft]", "type: post", "tier: local", "isAccessibleForFree: true",
)]  # fmt: skip


@pytest.mark.parametrize(("line", "kept_back"), STATES, ids=[line for line, _kept in STATES])
def test_a_file_says_whether_it_is_for_readers(line: str, kept_back: KeptBack) -> None:
    assert read(LEAD, front=f"title: Pier\n{line}\n").kept_back is kept_back


def test_known_states_are_not_said_to_be_unknown() -> None:
    for line, _kept in STATES:
        draft = read(LEAD, front=f"title: Pier\n{line}\n")
        assert draft.unknown_state == (), line


@pytest.mark.parametrize(
    "line", ["status: purple", "state: phase two", "visibility: the board", "draft: perhaps", "paywall: metered"]
)
def test_a_state_in_a_word_that_is_not_known_is_said(line: str) -> None:
    draft = read(LEAD, front=f"title: Pier\n{line}\n")
    assert (draft.kept_back, draft.unknown_state) == (KeptBack.NO, (line,))


@pytest.mark.parametrize("name", ["a.md", "a.txt"])
def test_pelicans_lines_above_a_text_are_its_front_matter(name: str) -> None:
    text = f"Title: Owls: they stay\nDate: 2026-11-24 10:20\nCategory: Wildlife\nAuthor: Ada Quill\nSummary: One\n    and two.\nStatus: draft\n\n{LEAD}\n"
    draft = extract.file(text.encode(), name=name)
    assert (draft.title, draft.byline, draft.kicker) == ("Owls: they stay", "Ada Quill", "Wildlife")
    assert (draft.standfirst, draft.kept_back) == ("One and two.", KeptBack.DRAFT)
    assert draft.body.strip() == f"<p>{LEAD}</p>"


def test_lines_with_a_colon_are_no_front_matter_by_themselves() -> None:
    for text in (f"Title: a word with three meanings\n\n{LEAD}\n", f"Question: why?\nAnswer: why not?\n\n{LEAD}\n"):
        draft = extract.file(text.encode(), name="a.txt")
        assert text[:8] in draft.title + draft.body


@pytest.mark.parametrize(
    "text",
    [
        '+++\ntitle = "Pier: closed"\ndate = 2026-11-24T18:05:00+01:00\nauthor = "Ada Quill"\ndraft = true\n+++\n'
        + LEAD,
        '{\n  "title": "Pier: closed",\n  "date": "2026-11-24T18:05:00+01:00",\n  "author": "Ada Quill", "draft": true\n}\n\n'
        + LEAD,
        "---\ntitle: Pier: closed\ndate: 24. November 2026\nauthors:\n  - name: Ada Quill\ndraft: true\n---\n" + LEAD,
    ],
    ids=["toml", "json", "yaml"],
)
@pytest.mark.parametrize("name", ["a.md", "a.txt"])
def test_front_matter_is_read_whatever_its_language(text: str, name: str) -> None:
    draft = extract.file(text.encode(), name=name)
    assert (draft.title, draft.byline, draft.kept_back) == ("Pier: closed", "Ada Quill", KeptBack.DRAFT)
    assert draft.published_at is not None
    assert str(draft.published_at.date()) == "2026-11-24"
    assert draft.body.strip() == f"<p>{LEAD}</p>"


def test_a_notion_export_keeps_its_properties_to_itself() -> None:
    text = f"# Pier\n\nStatus: Draft\nOwner: Ada Quill\nCreated: November 24, 2026 6:05 PM\n\n{LEAD}\n"
    draft = extract.file(text.encode(), name="Pier 1a2b.md")
    assert (draft.title, draft.byline, draft.kept_back) == ("Pier", "Ada Quill", KeptBack.DRAFT)
    assert draft.body.strip() == f"<p>{LEAD}</p>"


def test_obsidians_marks_become_what_a_reader_understands() -> None:
    body = (
        f"{LEAD}[^1] See [[Old pier|the pier]], [[Harbour/Bus 14]] and ==this==. ^abc123\n\n> [!note] Mind\n> the gap\n\n"
        "![[plan.pdf]]\n\n```dataview\nLIST\n```\n\n[^1]: Since 1898.\n"
    )
    shown = read(body).body
    for mark in ("[[", "]]", "==", "[!", "^abc", "[^", "LIST"):
        assert mark not in shown
    for words in ("the pier", "Bus 14", "<mark>this</mark>", "<strong>Mind</strong>", "<sup>1</sup>", "1. Since 1898."):
        assert words in shown


def test_markdown_in_a_text_file_is_read_as_markdown() -> None:
    text = f"# The pier closes\n\n{LEAD}\n\n## What now\n\n> {LAST}\n\n**Bold** words.\n"
    draft = extract.file(text.encode(), name="a.txt")
    assert draft.title == "The pier closes"
    assert "<h2>What now</h2>" in draft.body
    assert "<blockquote>" in draft.body
    assert "<strong>Bold</strong>" in draft.body
    assert not set("#*") & set(draft.body)


def test_the_case_of_hashtags_is_no_markdown() -> None:
    draft = extract.file(f"The pier closes for the winter\n\n{LEAD}\n\n#harbour #council\n".encode(), name="a.txt")
    assert draft.title == "The pier closes for the winter"
    assert "#harbour #council" in draft.body


def test_an_empty_folder_of_remarks_is_no_article(tmp_path: Path) -> None:
    draft = extract.file(b"---\ntitle: Pier\n---\n%%all of it%%\n", name="a.md")
    assert draft.body == ""


IN_FIELDS = [
    ("%%hush%%", Why.REMARK),
    ("<!-- hush -->", Why.REMARK),
    ("{>>hush<<}", Why.REMARK),
    ("{--hush--}", Why.DELETED),
]


@pytest.mark.parametrize(("remark", "why"), IN_FIELDS)
@pytest.mark.parametrize("field", ["title", "description", "author", "category", "cover_alt"])
def test_a_remark_in_a_short_field_is_kept_out_and_said(field: str, remark: str, why: Why) -> None:
    front = {"title": "The pier closes", "description": "Until spring.", "author": "Ada Quill", "category": "Port"} | {
        field: f"Words {remark} stay"
    }
    lines = "".join(f"{name}: '{value}'\n" for name, value in front.items()).replace("cover_alt", "picture_alt")
    piece = article_builder.build(read(f"{LEAD}\n", front=lines), config=conf.config())
    told = [piece.title, piece.standfirst, piece.byline, piece.kicker, piece.picture_alt]
    assert "hush" not in " ".join(told)
    assert "Words stay" in told
    assert [(one.text, one.why) for one in piece.left_out] == [("hush", why)]
    assert any("hush" in note for note in piece.notes)


def test_per_cent_signs_in_a_field_are_no_remark() -> None:
    piece = article_builder.build(
        read(f"{LEAD}\n", front="title: 'Between 5 % and 7 %'\ndescription: '50%% to 60%%'\n"), config=conf.config()
    )
    assert (piece.title, piece.standfirst, piece.left_out) == ("Between 5 % and 7 %", "50%% to 60%%", ())


def test_remarks_of_a_feeds_entry_are_kept_out_and_said() -> None:
    feed = (
        "<rss version='2.0'><channel><title>C</title><item><title>Pier &lt;!-- hush one --&gt; closes</title>"
        f"<link>https://courier.example/1</link><description>&lt;!-- SC_OFF --&gt;{LEAD} %%hush two%%</description></item></channel></rss>"
    )
    [draft] = feeds.read(feed.encode(), url="https://courier.example/feed").entries
    assert (draft.title, "hush" in draft.body + draft.standfirst) == ("Pier closes", False)
    assert [piece.text for piece in draft.left_out] == ["hush one", "hush two"]
    assert any("hush one" in note for note in draft.notes)
