# ruff: noqa: E501
"""HTML of word processors, note-taking programs and sites: what is not for readers stays out, and is said."""

import pytest

from newsletter.articles.drafts import KeptBack, Why
from newsletter.articles.reading import extract, feeds, pasting, sanitise
from newsletter.articles.reading.documents import document_reader
from newsletter.articles.reading.not_for_readers import left_out

LEAD = "The harbour council voted on Tuesday evening to close the old ferry pier for repairs that will take until the spring."
LAST = (
    "A bus will run every twenty minutes, and bicycles travel free until nine in the morning, said the harbour master."
)

GOOGLE = (
    '<html><head><style type="text/css">.c0{font-weight:700}</style></head><body class="doc-content">'
    '<p class="c3 title" id="h.a"><span>The pier closes</span></p><p class="c3 subtitle"><span>Buses take over</span></p>'
    f'<p><span>{LEAD} </span><span class="c0">Bold words.</span><sup><a href="#cmnt1" id="cmnt_ref1">[a]</a></sup></p><h2><span>What now</span></h2>'
    f'<p><span>See </span><a href="https://www.google.com/url?q=https://courier.example/map&amp;sa=D">the map</a><sup><a href="#cmnt2" id="cmnt_ref2">[b]</a></sup></p><p>{LAST}</p>'
    '<div style="border:1px solid black"><p><a href="#cmnt_ref1" id="cmnt1">[a]</a><span>Is it hush?</span></p><p><span>hush two</span></p></div>'
    '<div style="border:1px solid black"><p><a href="#cmnt_ref2" id="cmnt2">[b]</a><span>hush three</span></p></div></body></html>'
)
WORD = (
    '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><title>Document1</title></head><body lang=EN-GB><div class=WordSection1>'
    "<p class=MsoTitle>The pier closes<o:p></o:p></p><p class=MsoNormal>By Ada Quill</p>"
    f'<p class=MsoNormal>{LEAD} <ins cite="mailto:Ben" datetime="2026-11-24T10:00">New words.</ins><del cite="mailto:Ben" datetime="2026-11-24T10:00">hush old</del> '
    '<a style=\'mso-comment-reference:AQ_1\'>Eleven piles</a><span class=MsoCommentReference><a class=msocomanchor href="#_msocom_1" name="_msoanchor_1">[AQ1]</a>'
    "<span style='mso-special-character:comment'>&nbsp;</span></span> crack.</p><p class=MsoNormal><o:p>&nbsp;</o:p></p>"
    "<p class=MsoListParagraphCxSpFirst style='mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>·<span>&nbsp;&nbsp;</span></span><![endif]>Bus 14 runs</p>"
    "<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·<span>&nbsp;</span></span>Tickets stay</p>"
    f"<p class=MsoNormal>{LAST}</p></div><div style='mso-element:comment-list'><hr class=msocomoff><div style='mso-element:comment'><div id=\"_com_1\" class=msocomtxt>"
    '<p class=MsoCommentText><span class=MsoCommentReference><a class=msocomoff href="#_msoanchor_1">[AQ1]</a></span>Is this hush?</p></div></div></div></body></html>'
)


def test_comments_of_a_google_document_are_left_out() -> None:
    draft = extract.file(GOOGLE.encode(), name="doc.html")
    body = sanitise.clean(draft.body)
    assert (draft.title, draft.standfirst) == ("The pier closes", "Buses take over")
    assert "hush" not in body
    assert "[a]" not in body
    assert "[b]" not in body
    assert "<strong>Bold words.</strong>" in body
    assert 'href="https://courier.example/map"' in body
    assert [piece.text for piece in draft.left_out] == ["Is it hush? hush two", "hush three"]
    assert any("hush three" in note for note in draft.notes)


BARE_GOOGLE = (
    '<html><head><style type="text/css">@import url(https://themes.googleusercontent.com/fonts/css?kit=k);</style></head><body class="c2 doc-content">'
    '<p class="c1 title" id="h.b"><span>Owls move into the clock tower</span></p><p class="c1 subtitle"><span>They were not asked</span></p>'
)


@pytest.mark.parametrize("heading", ["<h2>What now</h2>", "<h1>What now</h1>", ""])
def test_a_google_document_without_links_and_comments_has_its_own_title(heading: str) -> None:
    page = f"{BARE_GOOGLE}<p><span>{LEAD}</span></p>{heading}<p><span>{LAST}</span></p></body></html>"
    draft = extract.file(page.encode(), name="doc.html")
    assert (draft.title, draft.standfirst) == ("Owls move into the clock tower", "They were not asked")
    assert "clock tower" not in draft.body
    assert ("What now" in draft.body) == bool(heading)


def test_what_is_pasted_from_googles_editor_has_its_title_by_its_size() -> None:
    """A clipboard names no styles: the title is 26 points, the subtitle 15 and grey."""
    copied = (
        '<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-7">'
        '<p dir="ltr" style="line-height:1.38"><span style="font-size:26pt;font-family:Arial,sans-serif;color:#000000">Owls move in</span></p>'
        '<p dir="ltr"><span style="font-size:15pt;font-family:Arial;color:#666666">They were not asked</span></p>'
        f'<p dir="ltr"><span style="font-size:11pt;font-family:Arial;color:#000000">{LEAD}</span></p></b>'
    )
    found = document_reader.read(copied)
    assert (found.title, found.standfirst) == ("Owls move in", "They were not asked")
    assert sanitise.text_of(found.html) == LEAD


@pytest.mark.parametrize("tag", ["h1", "h2", "h3"])
def test_a_subheading_is_no_headline_and_the_line_above_the_story_is(tag: str) -> None:
    first = "<p><b>Owls move into the clock tower</b></p>"
    page = f"<html><body>{first}<p>{LEAD}</p><{tag}>What now</{tag}><p>{LAST}</p></body></html>"
    draft = extract.file(page.encode(), name="story.html")
    assert draft.title == "Owls move into the clock tower"
    assert "clock tower" not in draft.body
    assert "What now" in draft.body


def test_a_page_file_without_any_headline_is_called_by_its_first_words() -> None:
    page = f"<html><body><p>{LEAD}</p><p>{LAST}</p></body></html>"
    draft = extract.file(page.encode(), name="story.html")
    assert draft.title == "The harbour council voted on Tuesday evening to close the old ferry…"
    assert LEAD in draft.body
    assert any("the first words are used" in note for note in draft.notes)


def test_comments_and_tracked_changes_of_word_are_settled() -> None:
    draft = extract.file(WORD.encode(), name="doc.htm")
    body = sanitise.clean(draft.body)
    assert (draft.title, draft.byline) == ("The pier closes", "Ada Quill")
    assert "hush" not in body
    assert "[AQ1]" not in body
    assert "The pier closes" not in body
    assert "New words." in body
    assert "Eleven piles crack." in sanitise.text_of(body)
    assert body.count("<li>") == 2
    assert "·" not in body
    assert {(piece.text, piece.why) for piece in draft.left_out} == {
        ("Is this hush?", Why.REMARK),
        ("hush old", Why.DELETED),
    }


def test_a_list_and_changes_as_pandoc_writes_them() -> None:
    html = f'<html><body><h1>Pier</h1><p>{LEAD} <span class="comment-start" data-author="Ben" id="0">hush</span>Words<span class="comment-end" id="0"></span> <span class="deletion" data-author="Ben">hush</span><span class="insertion" data-author="Ben">new</span></p></body></html>'
    draft = extract.file(html.encode(), name="a.html")
    assert "hush" not in draft.body
    assert "Words" in draft.body
    assert "new" in draft.body


def test_struck_words_of_a_web_page_are_no_tracked_change() -> None:
    html = f"<html><body><h1>Pier</h1><p>{LEAD} It costs <del>nine</del> eight.</p></body></html>"
    assert "<del>nine</del>" in extract.file(html.encode(), name="a.html").body


PAID = [
    ("ghost", "<!--members-only-->"),
    ("jetpack", "<!-- wp:jetpack/paywall -->"),
    ("substack", '<div class="paywall-jump" data-component-name="PaywallToDOM"></div>'),
    ("a shortcode", "<p>[paywall]</p>"),
    ("people", "<p>--- members only ---</p>"),
    ("a comment", "<div><!-- paywall --></div>"),
    ("a comment with a name", "<p><!--tide-paywall--></p>"),
    ("an empty element", '<div id="tide_paywall" style="display: none;"></div>'),
    ("a comment, german", "<!-- nur für Mitglieder -->"),
    ("a line, german", "<p><strong>Ab hier nur für Abonnenten</strong></p>"),
    ("a line, french", "<p>— Réservé aux abonnés —</p>"),
    ("a plugin's shortcode", "<p>[tide-restrict level=2]</p>"),
]


@pytest.mark.parametrize(("name", "mark"), PAID, ids=[name for name, _mark in PAID])
def test_a_feeds_entry_ends_at_its_members_only_mark(name: str, mark: str) -> None:
    content = f"<p>{LEAD}</p>{mark}<p>hush one</p><h2>hush two</h2><ul><li>hush three</li></ul>"
    feed = (
        "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><title>C</title><item><title>Pier</title>"
        f"<link>https://courier.example/1</link><content:encoded><![CDATA[{content}]]></content:encoded></item></channel></rss>"
    )
    [draft] = feeds.read(feed.encode(), url="https://courier.example/feed").entries
    assert "hush" not in draft.body + draft.standfirst
    assert LEAD in draft.body
    [piece] = draft.left_out
    assert (piece.why, piece.text, piece.after) == (Why.MEMBERS, "hush one hush two hush three", LEAD)
    assert any("members only" in note for note in draft.notes)


@pytest.mark.parametrize(("name", "mark"), PAID, ids=[name for name, _mark in PAID])
def test_so_does_a_page(name: str, mark: str) -> None:
    page = f"<html><head><title>Pier</title></head><body><article><h1>Pier</h1><div><div><p>{LEAD}</p>{mark}</div><p>hush one</p></div><p>hush two</p></article><footer><p>About us</p></footer></body></html>"
    draft = extract.page(page.encode(), url="https://courier.example/1")
    assert "hush" not in draft.body
    assert LEAD in draft.body
    assert "hush one hush two" in draft.left_out[0].text


@pytest.mark.parametrize(
    "box",
    [
        '<div class="subscription-widget-wrap"><p>Thanks for reading! Subscribe for hush.</p></div>',
        '<p class="button-wrapper"><a class="button primary" href="https://c.example/subscribe"><span>Subscribe now</span></a></p>',
        '<div class="kg-card kg-signup-card"><h2>hush</h2></div>',
        '<aside class="read-more"><h3>Read more</h3><a href="/b">hush</a></aside>',
        '<div class="gh-post-upgrade-cta"><h2>This post is for hush subscribers only</h2></div>',
        '<div style="display:none">hush</div>',
        "<p hidden>hush</p>",
    ],
)
def test_boxes_and_hidden_words_are_left_out(box: str) -> None:
    document = document_reader.read(f"<p>{LEAD}</p>{box}<p>{LAST}</p>", fragment=True)
    assert "hush" not in document.html
    assert "Subscribe" not in document.html
    assert LEAD in document.html
    assert LAST in document.html
    assert len(document.left_out) == 1


@pytest.mark.parametrize(
    "mark",
    [
        "<!--more-->",
        "<span id='more-12'></span><!--noteaser-->",
        "<!-- related -->",
        "<p class='commentary'>Members of the council spoke.</p>",
    ],
)
def test_what_hides_nothing_changes_nothing(mark: str) -> None:
    html = f"<p>{LEAD}</p>{mark}<p>{LAST}</p>"
    assert document_reader.read(html, fragment=True).html == html


GATED = [
    (
        '<div class="c-locked x"><p>hush</p></div><script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false, '
        '"hasPart": {"@type": "WebPageElement", "isAccessibleForFree": false, "cssSelector": ".c-locked"}}</script>'
    ),
    (
        '<div><section id="rest"><p>hush</p></section></div><script type="application/ld+json">{"@graph": [{"isAccessibleForFree": "False", '
        '"hasPart": [{"isAccessibleForFree": "False", "cssSelector": "article #rest, .other"}]}]}</script>'
    ),
    '<section subscriptions-section="content"><p>hush</p></section>',
    '<section amp-access="NOT access"><p>hush</p></section>',
    '<section amp-access="access" amp-access-hide><p>hush</p></section>',
    "<paywall><p>hush</p></paywall>",
]


@pytest.mark.parametrize("gated", GATED)
def test_what_a_pages_data_or_attributes_say_is_for_members_is_left_out(gated: str) -> None:
    page = f"<html><head><title>Pier</title></head><body><article><h1>Pier</h1><p>{LEAD}</p><p>{LAST}</p>{gated}<p>{LEAD} Later.</p></article></body></html>"
    draft = extract.page(page.encode(), url="https://courier.example/1")
    assert "hush" not in draft.body
    assert "Later." in draft.body
    assert [(piece.why, piece.text) for piece in draft.left_out] == [(Why.MEMBERS, "hush")]
    assert draft.kept_back is KeptBack.NO


@pytest.mark.parametrize("free", ["false", "true"])
def test_where_all_of_a_page_is_for_members_a_person_decides(free: str) -> None:
    data = f'{{"isAccessibleForFree": {free}, "hasPart": {{"isAccessibleForFree": {free}, "cssSelector": ".text"}}}}'
    page = f'<html><head><title>Pier</title><script type="application/ld+json">{data}</script></head><body><article><h1>Pier</h1><div class="text"><p>{LEAD}</p><p>{LAST}</p></div></article></body></html>'
    draft = extract.page(page.encode(), url="https://courier.example/1")
    assert LAST in draft.body
    assert draft.kept_back is (KeptBack.MEMBERS if free == "false" else KeptBack.NO)


@pytest.mark.parametrize(
    "software", ["<!-- paywall modal -->", '<div id="paywall-offer"></div>', "<p>Menu</p><div class='paywall'></div>"]
)
def test_software_for_a_wall_above_the_story_hides_nothing(software: str) -> None:
    page = f"<html><head><title>Pier</title></head><body>{software}<div><article><h1>Pier</h1><p>{LEAD}</p><p>{LAST}</p></article></div></body></html>"
    assert LAST in extract.page(page.encode(), url="https://courier.example/1").body


def test_ghosts_blocks_say_themselves_who_sees_them() -> None:
    html = (
        f'<p>{LEAD}</p><!--kg-gated-block:begin nonMember:false memberSegment:"status:free"--><p>hush</p><!--kg-gated-block:end-->'
        f'<!--kg-gated-block:begin nonMember:true memberSegment:""--><p>{LAST}</p><!--kg-gated-block:end-->'
    )
    document = document_reader.read(html, fragment=True)
    assert "hush" not in document.html
    assert LAST in document.html


def test_a_page_of_notion_keeps_its_table_of_properties_and_its_state() -> None:
    html = f'<html><head><title>Pier</title></head><body><article class="page sans"><header><h1 class="page-title">Pier</h1><table class="properties"><tbody><tr><th>Status</th><td>Draft</td></tr></tbody></table></header><div class="page-body"><p>{LEAD}</p></div></article></body></html>'
    draft = extract.file(html.encode(), name="a.html")
    assert (draft.title, draft.kept_back) == ("Pier", KeptBack.DRAFT)
    assert "Status" not in draft.body


@pytest.mark.parametrize(
    "named", ["no-paywall", "paywall-free", "paywall-off", "article--no-paywall", "story paywall-disabled"]
)
def test_a_wrapper_that_says_there_is_no_wall_keeps_its_story(named: str) -> None:
    page = f'<html><head><title>Owls stay</title></head><body><div class="{named}"><p>{LEAD}</p><p>{LAST}</p></div></body></html>'
    for draft in (
        extract.file(page.encode(), name="a.html"),
        extract.page(page.encode(), url="https://courier.example/a"),
    ):
        assert LEAD in draft.body
        assert (draft.kept_back, draft.left_out) == (KeptBack.NO, ())


@pytest.mark.parametrize(
    "story",
    [
        '<div class="paywall-content"><p>{0}</p><p>{1}</p></div>',
        "<!--members-only--><p>{0}</p><p>{1}</p>",
        "<p>[members_only]</p><p>{0}</p><p>{1}</p><p>[/members_only]</p>",
        '<section amp-access="access"><p>{0}</p><p>{1}</p></section>',
    ],
)
def test_a_story_that_is_all_for_members_is_kept_whole_and_kept_back(story: str) -> None:
    inner = story.format(LEAD, LAST)
    page = f"<html><head><title>Owls stay</title></head><body><nav>Home</nav><h1>Owls stay</h1>{inner}<footer>Courier</footer></body></html>"
    entry = f"<rss version='2.0'><channel><item><title>Owls stay</title><description><![CDATA[{inner}]]></description></item></channel></rss>"
    for draft in (
        extract.file(page.encode(), name="a.html"),
        extract.page(page.encode(), url="https://courier.example/a"),
        extract.file(f"---\ntitle: Owls stay\n---\n{inner}\n".encode(), name="a.md"),
        feeds.read(entry.encode(), url="a.xml").entries[0],
    ):
        assert LEAD in draft.body
        assert LAST in draft.body
        assert "members" not in draft.body.replace("paywall", "")
        assert (draft.kept_back, draft.left_out) == (KeptBack.MEMBERS, ())


def test_a_text_file_that_is_all_for_members_is_kept_back_and_one_with_a_teaser_is_parted() -> None:
    whole = extract.file(f"Owls stay in the tower\n\n--- members only ---\n\n{LEAD}\n\n{LAST}\n".encode(), name="a.txt")
    assert (whole.title, whole.kept_back, whole.left_out) == ("Owls stay in the tower", KeptBack.MEMBERS, ())
    assert LAST in whole.body
    parted = extract.file(
        f"Owls stay in the tower\n\n{LEAD}\n\n--- members only ---\n\n{LAST}\n".encode(), name="a.txt"
    )
    assert parted.kept_back is KeptBack.NO
    assert LAST not in parted.body


@pytest.mark.parametrize("gate", ['class="paywall"', 'amp-access="access"', 'subscriptions-section="content"'])
def test_what_is_pasted_and_all_for_members_is_left_out_since_a_field_cannot_be_kept_back(gate: str) -> None:
    found = pasting.read(f"<div {gate}><p>{LEAD}</p><p>{LAST}</p></div>")
    assert found.text == ""
    assert [piece.why for piece in found.left_out] == [Why.MEMBERS]


CODES = [
    '[gallery ids="1,2"]', "[gallery]", '[contact-form-7 id="hush" title="x"]', "[embed]https://hush.example/x[/embed]", '[mc4wp_form id="hush"]',
    "[mc4wp_form]", "[gallery ids=”1,2″]", '[anything-else size="hush"]',
]  # fmt: skip


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", ["a.html", "a.md", "a.txt"])
def test_a_shortcode_reaches_no_reader_and_is_named(code: str, name: str) -> None:
    lines = [LEAD, code, f"{LAST} {code}"]
    text = "\n\n".join(lines) if name != "a.html" else "".join(f"<p>{line}</p>" for line in lines)
    head = {"a.html": "<title>Owls stay</title>", "a.md": "# Owls stay\n\n", "a.txt": "Owls stay in the tower\n\n"}[
        name
    ]
    draft = extract.file((head + text).encode(), name=name)
    words = sanitise.text_of(draft.body)
    assert "[" not in words
    assert "hush" not in words
    assert LAST in words
    assert [piece.why for piece in draft.left_out] == [Why.CODE, Why.CODE]
    assert all(piece.text.startswith(code[:8]) for piece in draft.left_out)


def test_words_within_a_pair_of_shortcodes_stay_and_so_do_brackets_of_a_story() -> None:
    draft = extract.file(
        f"<title>Owls</title><p>[row][intro]{LEAD}[/intro][/row]</p><p>They vote[d] [sic], see [1] [video].</p><pre>[gallery]</pre>".encode(),
        name="a.html",
    )
    words = sanitise.text_of(draft.body)
    assert words.startswith(LEAD)
    assert "They vote[d] [sic], see [1] [video]." in words
    assert "<pre>[gallery]</pre>" in draft.body


@pytest.mark.parametrize(
    "box",
    [
        "<p>Advertisement</p>", "<div><span>Article continues below advertisement</span></div>", "<p>– Anzeige –</p>", "<p>آگهی</p>",
        '<div class="ad-slot ad-slot--wide">Buy <b>hush</b></div>', "<p><strong>Read more: </strong><a href=/y>Storm sinks hush boats.</a></p>",
        "<p>Lesen Sie auch: Sturm hush</p>", "<p>بیشتر بخوانید: <a href=/y>hush</a></p>", "<p>Read also – <a href=/z>hush</a></p>",
    ],
)  # fmt: skip
def test_advertisements_and_lines_that_lead_away_are_left_out_and_named(box: str) -> None:
    html = f"<html><head><title>Owls stay</title></head><body><article><h1>Owls stay</h1><p>{LEAD}</p>{box}<p>{LAST}</p></article></body></html>"
    for draft in (
        extract.file(html.encode(), name="a.html"),
        extract.page(html.encode(), url="https://courier.example/a"),
    ):
        assert sanitise.text_of(draft.body) == f"{LEAD} {LAST}"
        assert [piece.text for piece in draft.left_out] == [sanitise.text_of(box)]
    assert (
        "hush"
        not in extract.file(
            f"# Owls\n\n{LEAD}\n\n**Read more:** [Storm hush](https://x.example)\n\n{LAST}\n".encode(), name="a.md"
        ).body
    )


def test_a_sentence_about_an_advertisement_or_about_reading_stays() -> None:
    told = "<p>Read more: that was what the teacher asked of the class.</p><p>An advertisement hung there.</p>"
    draft = extract.file(f"<title>Owls</title><p>{LEAD}</p>{told}".encode(), name="a.html")
    assert "Read more: that was" in draft.body
    assert "An advertisement hung there." in draft.body


def test_a_box_of_facts_within_a_story_is_named_and_can_be_put_back_and_a_sidebar_is_none() -> None:
    box = "<aside class=factbox><h3>The tower</h3><p>It was built in 1898 and has four clocks, one for each wind.</p></aside>"
    side = "<aside><h3>Elsewhere</h3><p>A column of other things that the site tells on each of its pages.</p></aside>"
    html = f"<html><head><title>Owls stay</title></head><body><div><article><h1>Owls stay</h1><p>{LEAD}</p>{box}<p>{LAST}</p></article>{side}</div></body></html>"
    draft = extract.page(html.encode(), url="https://courier.example/a")
    assert [(piece.why, piece.after) for piece in draft.left_out] == [(Why.PAGE, LEAD)]
    body, _pieces = left_out.put_back(sanitise.clean(draft.body), draft.left_out, 0)
    assert sanitise.text_of(body).startswith(f"{LEAD} The tower It was built in 1898")


QUOTED = (
    '<p class="MsoNormal"><b>From:</b> Desk &lt;desk@courier.example&gt;<br><b>Sent:</b> Monday, November 23, 2026 10:00 AM<br>'
    "<b>To:</b> Ada Quill<br><b>Subject:</b> filing hush</p>"
)
ANSWERS = {
    "outlook": f'<div><div style="border:none;border-top:solid #E1E1E1 1.0pt">{QUOTED}</div></div><p>hush: when do you file?</p>',
    "outlook on the web": f'<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">{QUOTED}</div><div><p>hush: when do you file?</p></div>',
    "outlook, in words we do not know": '<hr><div id="x_divRplyFwdMsg"><b>Frå:</b> hush</div><p>hush?</p>',
    "outlook, words that stand free": '<div id="divRplyFwdMsg"><b>Frå:</b> hush</div>hush<!-- x --><br>hush?',
    "apple": "<div>On Monday, Desk wrote:<br></div><blockquote type='cite'><div>hush: when do you file?</div></blockquote>",
    "yahoo": "<div id='yahoo_quoted_12'><div>On Monday, Desk wrote:</div><div>hush</div></div>",
    "proton": "<div class='protonmail_quote'>On Monday, Desk wrote:<blockquote>hush</blockquote></div>",
    "without a class": "<div>On Mon, 23 Nov 2026 at 10:00, Desk &lt;desk@courier.example&gt; wrote:</div><div>hush?</div>",
}
SIGNATURES = {
    "outlook": "<p class=MsoNormal>Kind regards,</p><p class=MsoNormal>Ada Quill<br>hush<br>+44 20 7946 0000</p>",
    "in the last paragraph": "<div>Kind regards,<br>Ada Quill<br>hush<br>+44 20 7946 0000</div>",
    "a mark": "<div>-- <br></div><div>Ada Quill hush<br>ada@courier.example</div>",
    "an id": '<div id="Signature"><p>Ada hush</p></div>',
    "a disclaimer": "<p>Best,<br>Ada</p><p>This e-mail is confidential and meant for its addressee only. hush</p>",
    "a telephone": "<div><br></div><div>Sent from my iPhone hush</div>",
    "a picture": '<p>Kind regards,</p><p>Ada<br><img src="https://courier.example/logo.png" alt="hush"><br>ada@courier.example</p>',
    "nothing": "",
}


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)
@pytest.mark.parametrize("answer", ["", *ANSWERS.values()], ids=["nothing", *ANSWERS])
def test_of_a_formatted_mail_the_story_stays(answer: str, signature: str) -> None:
    mail = f"<html><head><title>The pier closes</title></head><body><div><p>{LEAD}</p><p><b>{LAST}</b></p>{signature}{answer}</div></body></html>"
    draft = extract.file(mail.encode(), name="mail.html")
    told = ("hush", "regards", "Best", "wrote", "Ada", "From")
    assert [word for word in told if word in draft.body] == []
    assert f"<p>{LEAD}</p>" in draft.body
    assert LAST in draft.body
    assert ("hush" in " ".join(piece.text for piece in draft.left_out)) == bool(
        answer or "hush" in signature.split("alt=")[0]
    )
    assert all(piece.why is Why.MAIL for piece in draft.left_out)
    pasted = pasting.read(mail)
    assert "hush" not in pasted.text
    assert LAST in pasted.text


def test_a_formatted_mail_that_was_forwarded_is_the_story() -> None:
    head = QUOTED.replace("filing hush", "FW: The pier closes").replace("Desk &lt;desk@", "Ada Quill &lt;ada@")
    for note in (
        "<p>fyi hush</p>",
        "<div>Hi Bo,</div><div><br></div><div>hush, please run this tomorrow.</div><div>Best, Cy</div>",
    ):
        for mark in ("", '<div id="appendonsend"></div><hr>'):
            mail = f"<html><body><div>{note}{mark}<div id='divRplyFwdMsg'>{head}</div><p>{LEAD}</p><p>{LAST}</p><p>Best,<br>Ada</p></div></body></html>"
            draft = extract.file(mail.encode(), name="mail.html")
            assert (draft.title, draft.byline) == ("The pier closes", "Ada Quill")
            assert "hush" not in draft.body
            assert "Best" not in draft.body
            assert LEAD in draft.body
            assert LAST in draft.body


@pytest.mark.parametrize(
    "end",
    [
        "<p>On Monday the council wrote:</p><blockquote><p>We shut it.</p></blockquote>",
        "<p>“This message was confidential,” she said.</p>",
        "<hr><p>Ben Oar</p>",
        "<p>Tickets: +44 20 7946 0000</p>",
        "<p>The leaked message read:</p><p>From: Bo Oar<br>Sent: Monday<br>Subject: cracks</p><p>We must shut it.</p>",
    ],
)
def test_a_formatted_story_loses_nothing_of_its_end(end: str) -> None:
    html = f"<p>{LEAD}</p>{end}<p>{LAST}</p>"
    assert document_reader.read(html, fragment=True).html == html


def test_a_sites_page_is_not_read_as_a_mail() -> None:
    page = f"<html><head><title>Pier</title></head><body><nav>Home</nav><article><h1>Pier</h1><p>{LEAD}</p><p>Best,<br>Ada<br>+44 20 7946 0000</p><p>{LAST}</p></article></body></html>"
    assert document_reader.read(page).left_out == ()
