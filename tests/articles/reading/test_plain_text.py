# ruff: noqa: E501
"""Texts as people save them from a site: the shapes that are met, each with what must come out."""

import textwrap
from dataclasses import dataclass

import hypothesis
import pytest
from hypothesis import strategies as st

from newsletter.articles.reading.pages import page_furniture, paragraphs, plain_text
from newsletter.articles.text import comparing

TITLE = "Night ferry to the islands will stay in public hands"
LEAD = (
    "The night ferry between Harbourtown and the islands will stay in public hands, the mayor told some four hundred "
    "people on Tuesday evening."
)
SECOND = "“It has carried our nurses home for sixty years,” she said. “It isn’t for sale.”"
THIRD = (
    "The council had been offered eleven million for the two ships and the pier, a price that its own surveyors call "
    "neither foolish nor generous."
)
FOURTH = (
    "Opponents of the plan say the money is needed elsewhere. “A ship doesn’t mend a school roof,” said Ben Beispiel, "
    "who leads the smaller party. A decision is expected in March; until then the ferry sails every night at ten, "
    "as it always has, with or without passengers."
)
BODY = (LEAD, SECOND, THIRD, FOURTH)
TAGLINE = "The Harbour Courier — News that stays afloat"


def page(*head: str, body: tuple[str, ...] = BODY, tail: tuple[str, ...] = (), gap: str = "\n\n") -> str:
    return gap.join([*head, *body, *tail]) + "\n"


@dataclass(frozen=True)
class Shape:
    name: str
    text: str
    title: str = TITLE
    body: tuple[str, ...] = BODY
    byline: str = ""
    kicker: str = ""
    standfirst: str = ""


FA_TITLE = "کشتی شبانه جزیره‌ها در دست شهر می‌ماند"
FA_BODY = (
    (
        "کشتی شبانه میان بندر و جزیره‌ها در دست شهر می‌ماند. شهردار سه‌شنبه شب به نزدیک چهارصد نفر که در تالار شهر گرد آمده "
        "بودند گفت که این کشتی فروشی نیست و هر شب سر ساعت ده راه می‌افتد."
    ),
    ("او گفت: «این کشتی شصت سال است که پرستاران ما را به خانه می‌رساند.» شورای شهر قرار است در اسفند تصمیم بگیرد."),
)
DE_TITLE = "Die Nachtfähre bleibt in städtischer Hand"
DE_BODY = (
    (
        "Die Nachtfähre zwischen Hafenstadt und den Inseln bleibt in städtischer Hand. Das sagte die Bürgermeisterin am "
        "Dienstagabend vor rund vierhundert Menschen im Rathaus."
    ),
    ("„Sie bringt seit sechzig Jahren unsere Pflegerinnen nach Hause“, sagte sie. „Sie steht nicht zum Verkauf.“"),
)
JA_TITLE = "夜行フェリー、市営を続ける方針"
JA_BODY = (
    (
        "港町と島々を結ぶ夜行フェリーについて、市長は火曜日の夜、市営を続ける方針を市民約四百人に説明した。市議会には二隻の船"
        "と桟橋を千百万で買い取るという申し出があったが、市長は「フェリーは売り物ではない」と述べた。市議会は三月に結論を出す。"
    ),
    (
        "フェリーは六十年にわたって看護師たちを家に送り届けてきた。結論が出るまで、毎晩十時に出航する。島の住民からは、夜に病院"
        "から帰る手段がなくなることを心配する声が上がっていた。"
    ),
)

SHAPES = [
    Shape("tagline, doubled headline", page(TAGLINE, TITLE, TITLE)),
    Shape("the same without blank lines", page(TAGLINE, TITLE, TITLE, gap="\n")),
    Shape("no tagline", page(TITLE, TITLE)),
    Shape("tagline, headline once", page(TAGLINE, TITLE)),
    Shape("title and body only", page(TITLE)),
    Shape("site name and tagline on lines of their own", page("The Harbour Courier", "News that stays afloat", TITLE)),
    Shape("masthead twice, then the headline", page(TAGLINE, "The Harbour Courier", TITLE)),
    Shape("masthead twice, then the headline twice", page(TAGLINE, "The Harbour Courier", TITLE, TITLE)),
    Shape("a page title with the site's name", page(f"{TITLE} | The Harbour Courier", TITLE)),
    Shape("a page title with a dash", page(f"{TITLE} - The Harbour Courier", TAGLINE, TITLE)),
    Shape("a page title and no heading", page(f"{TITLE} | The Harbour Courier")),
    Shape("a page title, a dash and no heading", page(f"{TITLE} - Harbour Courier News")),
    Shape(
        "breadcrumb between",
        page(TAGLINE, TITLE, "Home > News > Harbour", TITLE),
    ),
    Shape(
        "a menu on top",
        page("Skip to content", "The Harbour Courier", "News", "Sport", "Opinion", "Weather", "Sign in", TITLE, TITLE),
    ),
    Shape(
        "byline and date",
        page(TAGLINE, TITLE, TITLE, "By Ada Example and Ben Beispiel", "Published 24 November 2026, 07:15 GMT"),
        byline="Ada Example and Ben Beispiel",
    ),
    Shape(
        "share bar",
        page(TAGLINE, TITLE, TITLE, "Share", "Print", "Email this article", "12 comments", "3 min read"),
    ),
    Shape("share bar in one line", page(TITLE, "Share | Print | Email", "Save")),
    Shape("capital kicker", page(TAGLINE, TITLE, "TRANSPORT", TITLE), kicker="TRANSPORT"),
    Shape("kicker above the only headline", page(TAGLINE, "TRANSPORT", TITLE), kicker="TRANSPORT"),
    Shape("headline in capitals first", page(TAGLINE, TITLE.upper(), TITLE)),
    Shape("headline in capitals second", page(TAGLINE, TITLE, TITLE.upper())),
    Shape(
        "quotes differ",
        page(TAGLINE, "Mayor: \"We won't sell the night ferry\"", "Mayor: “We won’t sell the night ferry”"),
        title="Mayor: “We won’t sell the night ferry”",
    ),
    Shape(
        "headline that is a question",
        page(TAGLINE, "Will the night ferry to the islands ever be sold?", "Will the night ferry to the islands ever be sold?"),
        title="Will the night ferry to the islands ever be sold?",
    ),
    Shape(
        "a question, said once, without tagline",
        page("Will the night ferry to the islands ever be sold by the council?"),
        title="Will the night ferry to the islands ever be sold by the council?",
    ),
    Shape(
        "headline in quotes",
        page(TAGLINE, "“The ferry isn’t for sale”", "“The ferry isn’t for sale”"),
        title="“The ferry isn’t for sale”",
    ),
    Shape("tagline after the headline", page(TITLE, TAGLINE)),
    Shape("tagline between the headlines", page(TITLE, TAGLINE, TITLE)),
    Shape("tagline of site words", page("Harbour Courier - Breaking News, Latest News and Videos", TITLE)),
    Shape(
        "page title with a long tagline",
        page(f"{TITLE} - Breaking News, Latest News and Videos from the Harbour", TITLE),
    ),
    Shape(
        "tagline with full stop",
        page("The Harbour Courier. Independent since 1898.", TITLE, TITLE),
    ),
    Shape(
        "standfirst above the byline",
        page(TITLE, "Council turns down an offer of eleven million for ships and pier", "By Ada Example"),
        standfirst="Council turns down an offer of eleven million for ships and pier",
        byline="Ada Example",
    ),
    Shape("dateline and agency", page(TAGLINE, TITLE, TITLE, body=("HARBOURTOWN (HCN) — " + LEAD, SECOND)),
          body=("HARBOURTOWN (HCN) — " + LEAD, SECOND)),
    Shape("date by itself", page(TAGLINE, "Tuesday, November 24, 2026", TITLE, "Updated 3 hours ago")),
    Shape(
        "footer",
        page(TAGLINE, TITLE, TITLE, tail=("Related stories", "Council in brief", "© 2026 The Harbour Courier. All rights reserved.")),
    ),
    Shape("advertisement within", page(TITLE, body=(LEAD, "ADVERTISEMENT", SECOND, THIRD, FOURTH))),
    Shape("headline again below the story", page(TITLE, tail=(TITLE,))),
    Shape("headline cut short in the page title", page("Night ferry to the islands will stay…", TITLE)),
    Shape("headline twice in a line", page(TAGLINE, f"{TITLE} {TITLE}")),
    Shape("Persian", page("پیک بندر — خبرهایی که روی آب می‌مانند", FA_TITLE, FA_TITLE, body=FA_BODY), title=FA_TITLE, body=FA_BODY),
    Shape("Persian, said once", page("پیک بندر — تازه‌ترین اخبار", FA_TITLE, body=FA_BODY), title=FA_TITLE, body=FA_BODY),
    Shape("Persian with a byline", page(FA_TITLE, "نویسنده: آدا نمونه", body=FA_BODY), title=FA_TITLE, body=FA_BODY, byline="آدا نمونه"),
    Shape("German", page("Hafenbote | Aktuelle Nachrichten", DE_TITLE, "Teilen", "Von Anna Beispiel", body=DE_BODY),
          title=DE_TITLE, body=DE_BODY, byline="Anna Beispiel"),
    Shape("Japanese", page("港新聞 — 最新ニュース", JA_TITLE, JA_TITLE, body=JA_BODY), title=JA_TITLE, body=JA_BODY),
    Shape("Japanese, said once", page("港新聞 — 最新ニュース", JA_TITLE, body=JA_BODY), title=JA_TITLE, body=JA_BODY),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_saved_text_comes_out_as_its_story(shape: Shape) -> None:
    story = plain_text.read(shape.text)
    assert (story.title, story.kicker, story.byline, story.standfirst) == (
        shape.title, shape.kicker, shape.byline, shape.standfirst,
    )  # fmt: skip
    assert story.paragraphs == shape.body


def wrapped(text: str, width: int) -> str:
    return "\n".join("\n".join(textwrap.wrap(line, width)) for line in text.split("\n"))


@pytest.mark.parametrize("width", [60, 72, 80, 100])
@pytest.mark.parametrize(
    "shape", [shape for shape in SHAPES if "without blank" not in shape.name and "Japanese" not in shape.name],
    ids=lambda shape: shape.name,
)  # fmt: skip
def test_hard_wrapped_lines_become_whole_paragraphs(shape: Shape, width: int) -> None:
    story = plain_text.read(wrapped(shape.text, width))
    assert story.title == shape.title
    assert story.paragraphs == shape.body


STORM = (
    "Storm Elsa left some 40,000 homes without power on Sunday as winds of up to 90 miles an hour battered the western coast, officials said.",
    "“We have never seen waves like these,” said Ada Example, 61, who has run the harbour café for three decades.",
    "Trains between Harbourtown and the capital were cancelled until Monday morning. Two ferries were diverted, and the airport closed for five hours.",
    "Forecasters expect the wind to ease overnight.",
)
DARK = "Storm leaves thousands without power as winds batter coast"
QUIET = "And then the lights went out"
LONG = "Storm Elsa leaves tens of thousands of homes without power across the west as forecasters warn that worse is to come before the weekend, when a second front arrives"

HEADS: list[tuple[str, list[str], str]] = [
    ("the site's name behind both", ["Breaking News, Latest News and Videos | HCN", f"{DARK} | HCN", DARK], DARK),
    (
        "agency style",
        [
            "HCN - Breaking News, Latest News and Videos",
            DARK,
            "By Ada Example, HCN",
            "Updated 1453 GMT (2253 HKT) November 24, 2026",
            DARK,
        ],
        DARK,
    ),
    (
        "broadcaster",
        [
            "BBH Homepage",
            "Skip to content",
            "Accessibility Help",
            "BBH Account",
            "Home",
            "News",
            "Sport",
            "More",
            "Search BBH",
            DARK,
            "Published",
            "24 November 2026",
            "Share",
            "Related Topics",
            "Harbour storms",
            "Image source, Agency",
        ],
        DARK,
    ),
    ("tagline after a colon", ["The Daily Harbour: All the news that fits the tide", DARK, DARK], DARK),
    ("tagline after a colon, headline once", ["The Daily Harbour: All the news that fits the tide", DARK], DARK),
    ("tagline without a name", ["News, sport and opinion from the Harbour's coast edition", DARK], DARK),
    ("tagline in quotes", ["“All the News That’s Fit to Print”", DARK, DARK], DARK),
    ("tagline in quotes, headline once", ["“All the News That’s Fit to Print”", DARK], DARK),
    (
        "tagline that is a sentence",
        ["The Harbour Courier brings you independent local journalism from the coast every day.", DARK, DARK],
        DARK,
    ),
    (
        "the same, headline once",
        ["The Harbour Courier brings you independent local journalism from the coast every day.", DARK],
        DARK,
    ),
    ("tagline twice", [TAGLINE, TAGLINE, DARK], DARK),
    ("tagline twice, headline twice", [TAGLINE, TAGLINE, DARK, DARK], DARK),
    ("two words", [TAGLINE, "Stormy weather", "Stormy weather"], "Stormy weather"),
    ("one word", [TAGLINE, "Battered", "Battered"], "Battered"),
    ("a number", [TAGLINE, "40,000", "40,000"], "40,000"),
    ("a sentence", [TAGLINE, "The storm came at night.", "The storm came at night."], "The storm came at night."),
    (
        "a sentence, said once",
        [TAGLINE, "The storm came to the coast at night."],
        "The storm came to the coast at night.",
    ),
    (
        "a colon",
        [TAGLINE, "Live: Storm Elsa batters the coast", "Live: Storm Elsa batters the coast"],
        "Live: Storm Elsa batters the coast",
    ),
    (
        "a dash within",
        [TAGLINE, "Storm Elsa – what we know so far", "Storm Elsa – what we know so far"],
        "Storm Elsa – what we know so far",
    ),
    ("a dash within, said once", [TAGLINE, "Storm Elsa – what we know so far"], "Storm Elsa – what we know so far"),
    ("columnist behind a bar", ["Storm Elsa batters the coast | Ada Example"], "Storm Elsa batters the coast"),
    ("very long", [TAGLINE, LONG, LONG], LONG),
    ("none of its words in the story", [TAGLINE, QUIET, QUIET], QUIET),
    ("the same, said once", [TAGLINE, QUIET], QUIET),
    (
        "straight and curly quotes",
        [TAGLINE, '"Never seen waves like these", says café owner', "“Never seen waves like these”, says café owner"],
        "“Never seen waves like these”, says café owner",
    ),
    (
        "single quotes",
        ["The Harbour Courier", "‘Never seen waves like these’", "‘Never seen waves like these’"],
        "‘Never seen waves like these’",
    ),
    ("an address on top", ["https://harbour.example/storm", "The Harbour Courier", DARK, DARK], DARK),
    ("underlined", ["The Harbour Courier\n===================", f"{DARK}\n---------"], DARK),
    (
        "counters",
        [
            "HCN.example | News you can trust",
            DARK,
            "By ADA EXAMPLE",
            "PUBLISHED: 07:15, 24 November 2026 | UPDATED: 09:00, 24 November 2026",
            "234 shares",
            "12",
            "View comments",
        ],
        DARK,
    ),
    ("a date between", ["HCN.example", DARK, "3 hrs ago", DARK], DARK),
    ("bylines with initials", [DARK, "By A. J. Example and Ben O’Beispiel for The Harbour Courier"], DARK),
    ("site name before a colon", [f"HCN : {DARK}", DARK], DARK),
    ("indented", [f"   {TAGLINE}", f"\t{DARK}", f"\t{DARK}"], DARK),
]


@pytest.mark.parametrize("gap", ["\n\n", "\n", "\n\n\n\n", "\r\n\r\n"], ids=["blank", "none", "many", "crlf"])
@pytest.mark.parametrize(("name", "head", "title"), HEADS, ids=[name for name, _head, _title in HEADS])
def test_the_headline_is_found_under_many_heads(name: str, head: list[str], title: str, gap: str) -> None:
    text = gap.join([*head, *STORM])
    story = plain_text.read(text.replace("\r\n", "\n"))
    assert story.title == title
    assert story.paragraphs == STORM


@pytest.mark.parametrize("head", [[], [TAGLINE]])
def test_without_any_headline_the_first_words_stand_in_and_the_text_stays_whole(head: list[str]) -> None:
    story = plain_text.read("\n\n".join([*head, *STORM]))
    assert story.title == "Storm Elsa left some 40,000 homes without power on Sunday as winds…"
    assert story.paragraphs == STORM
    assert any("No headline" in note for note in story.notes)


def test_what_is_left_out_is_named() -> None:
    story = plain_text.read("\n\n".join([TAGLINE, DARK, DARK, *STORM, TAGLINE]))
    assert story.paragraphs == STORM
    assert story.notes == (f"Left out as part of the page, not of the story: “{TAGLINE}”, “{TAGLINE}”.",)


def test_headings_within_the_story_stay_though_they_are_repeated() -> None:
    body = [STORM[0], "What happens next", STORM[1], "What happens next", STORM[2]]
    story = plain_text.read("\n\n".join([DARK, DARK, *body]))
    assert list(story.paragraphs) == body


def test_short_paragraphs_stay_paragraphs() -> None:
    body = ("Some 40,000 homes lost power.", "Winds reached 90 mph.", "Trains stopped.", "Ferries were diverted.")
    for gap in ("\n", "\n\n"):
        story = plain_text.read(gap.join([TAGLINE, DARK, DARK, *body]))
        assert (story.title, story.paragraphs) == (DARK, body)


@pytest.mark.parametrize("width", [64, 76])
def test_indented_wrapped_paragraphs_without_blank_lines(width: int) -> None:
    body = [textwrap.fill(paragraph, width, initial_indent="   ") for paragraph in STORM]
    story = plain_text.read("\n".join(["The Harbour Courier", DARK, DARK, *body]))
    assert (story.title, story.paragraphs) == (DARK, STORM)


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (("خبرگزاری بندر | آخرین اخبار ایران و جهان", "توفان هزاران خانه را بی‌برق گذاشت", "توفان هزاران خانه را بی‌برق گذاشت", "۳ آذر ۱۴۰۵ - ۱۲:۳۰",
          "توفان السا یکشنبه شب چهل هزار خانه را در ساحل غربی بی‌برق گذاشت و بادهایی تا نود کیلومتر در ساعت وزید، مقام‌ها گفتند.", "«هرگز چنین موج‌هایی ندیده بودیم.»"),
         "توفان هزاران خانه را بی‌برق گذاشت"),
        (("صحيفة الميناء - آخر الأخبار", "عاصفة تترك آلاف المنازل بلا كهرباء",
          "تركت العاصفة إلسا نحو أربعين ألف منزل بلا كهرباء يوم الأحد مع رياح بلغت سرعتها تسعين ميلا في الساعة على الساحل الغربي.", "وقال مسؤولون إن القطارات ألغيت."),
         "عاصفة تترك آلاف المنازل بلا كهرباء"),
        (("Le Courrier du Port – L’info qui reste à flot", "La tempête prive des milliers de foyers d’électricité", "La tempête prive des milliers de foyers d’électricité", "Par Ada Exemple", "Publié le 24 novembre 2026 à 07h15",
          "La tempête Elsa a privé quarante mille foyers d’électricité dimanche, avec des vents de cent quarante kilomètres à l’heure sur la côte ouest.", "« Nous n’avions jamais vu de telles vagues », a dit une habitante."),
         "La tempête prive des milliers de foyers d’électricité"),
        (("港口日报 - 最新新闻", "风暴致数万户停电", "风暴致数万户停电",
          "周日，风暴袭击西部海岸，造成约四万户停电。官员表示，阵风时速高达一百四十公里，列车停运，两艘渡轮改道，机场关闭五小时。", "“我们从没见过这样的浪。”"),
         "风暴致数万户停电"),
    ],
    ids=["Persian", "Arabic", "French", "Chinese"],
)  # fmt: skip
def test_other_languages_are_read_as_well(lines: tuple[str, ...], title: str) -> None:
    story = plain_text.read("\n\n".join(lines))
    assert (story.title, story.paragraphs) == (title, lines[-2:])


def test_lists_links_and_markup_of_a_text_become_html() -> None:
    html = plain_text.to_html(
        ["A <b> & c", "• one", "• two", "– Oui, dit-elle.", "See https://harbour.example/a?b=1&c=2."]
    )
    assert html == (
        "<p>A &lt;b&gt; &amp; c</p>\n<ul><li>one</li>\n<li>two</li></ul>\n<p>– Oui, dit-elle.</p>\n"
        '<p>See <a href="https://harbour.example/a?b=1&amp;c=2">https://harbour.example/a?b=1&amp;c=2</a>.</p>'
    )


def test_the_date_of_a_story_is_read_when_it_is_beyond_doubt() -> None:
    for line in (
        "24 November 2026",
        "Published: November 24, 2026",
        "2026-11-24",
        "24. November 2026, 07:15 Uhr",
        "24 de noviembre de 2026",
    ):
        story = plain_text.read("\n\n".join([DARK, DARK, line, *STORM]))
        assert story.published_at is not None, line
        assert (story.published_at.year, story.published_at.month, story.published_at.day) == (2026, 11, 24)
    assert plain_text.read("\n\n".join([DARK, DARK, "3/4/2026", *STORM])).published_at is None


def test_a_byline_marks_the_headline_above_it() -> None:
    story = plain_text.read("The Sea\n\nBy Ada Example\n\nThe sea is wide\nThe sea is deep\nIt does not hide\n")
    assert (story.title, story.byline) == ("The Sea", "Ada Example")
    assert story.paragraphs == ("The sea is wide", "The sea is deep", "It does not hide")


def test_the_hours_of_a_live_report_stay_in_it() -> None:
    body = (STORM[0], "10:45", STORM[2], "11:00", STORM[1])
    story = plain_text.read("\n\n".join(["Harbour Times", DARK, *body]))
    assert (story.title, story.paragraphs, story.published_at) == (DARK, body, None)


BULLETS = "• Bus 14 runs every 20 minutes from the fish market\n• Tickets stay valid, also the yearly ones\n• Bicycles travel free until 9am"


@pytest.mark.parametrize("sign", ["•", "-", "*", "▪"])
def test_a_bullet_is_never_the_headline(sign: str) -> None:
    bullets = BULLETS.replace("•", sign)
    text = f"What the pier closure means for you\n\nThe pier is shut from Monday. Here is what changes:\n\n{bullets}\n\n{THIRD}\n"
    story = plain_text.read(text)
    assert story.title == "What the pier closure means for you"
    assert story.paragraphs == ("The pier is shut from Monday. Here is what changes:", *bullets.split("\n"), THIRD)
    assert story.left_out == ()
    assert plain_text.to_html(story.paragraphs).count("<li>") == 3


CONTENTS = ["What the engineers found", "How the sensors work", "What happens next"]


@pytest.mark.parametrize("point", ["{}", "• {}", "- {}", "{n}. {}"])
@pytest.mark.parametrize("opening", [[], [LEAD], [LEAD, THIRD]], ids=["nothing", "a lead", "two paragraphs"])
@pytest.mark.parametrize("above", [[], ["Contents"], ["In this article:"]])
def test_a_table_of_contents_never_takes_the_headline(point: str, opening: list[str], above: list[str]) -> None:
    listed = [point.format(heading, n=number) for number, heading in enumerate(CONTENTS, start=1)]
    sections = [line for heading in CONTENTS for line in (heading, f"{THIRD} {heading}, they say.")]
    story = plain_text.read("\n\n".join(["Can a pier feel the cold?", *above, *listed, *opening, *sections]))
    assert story.title == "Can a pier feel the cold?"
    kept = [*story.paragraphs, story.standfirst]
    assert [line for line in [*opening, *sections] if line.endswith(".") and line not in kept] == []
    assert not [piece for piece in story.left_out if piece.text.endswith((".", "?", "!"))]


def test_a_subheading_that_is_said_twice_is_not_the_headline() -> None:
    story = plain_text.read(
        "\n\n".join(["Can a pier feel the cold at all?", "Engineers say", LEAD, "Engineers say", FOURTH])
    )
    assert story.title == "Can a pier feel the cold at all?"


WORDS = st.sampled_from(
    [
        "pier",
        "ferry",
        "council",
        "winter",
        "bus",
        "fish",
        "market",
        "says",
        "closed",
        "never",
        "again",
        "harbour",
        "two",
        "eleven",
        "cold",
        "tide",
        "old",
    ]
)
LABELS = st.lists(WORDS, min_size=1, max_size=7).map(lambda words: " ".join(words).capitalize())
SENTENCES = st.builds(
    lambda words, end: " ".join(words).capitalize() + end,
    st.lists(WORDS, min_size=3, max_size=16, unique=True),
    st.sampled_from(".!?…"),
)
BULLETED = st.builds("{} {}".format, st.sampled_from("•-*"), LABELS)


@hypothesis.given(
    lines=st.lists(st.one_of(LABELS, SENTENCES, BULLETED), min_size=1, max_size=16), gap=st.sampled_from(["\n", "\n\n"])
)
def test_no_sentence_is_ever_taken_for_a_part_of_the_page_nor_lost(lines: list[str], gap: str) -> None:
    text = gap.join(lines)
    story = plain_text.read(text)
    assert [piece.text for piece in story.left_out if paragraphs.ends_sentence(piece.text)] == []
    shown = " ".join([story.title, story.standfirst, story.byline, story.kicker, *story.paragraphs]).casefold()
    lost = [line for line in lines if paragraphs.ends_sentence(line) and line.rstrip(".!?…").casefold() not in shown]
    assert [line for line in lost if not page_furniture.is_button(line) and not comparing.same(line, story.title)] == []


@pytest.mark.parametrize(
    "first",
    [
        "They moved in over the weekend, the keeper of the clock said on Monday morning.",
        "The owls moved in on Saturday.",
    ],
)
def test_a_subheading_below_the_first_sentence_is_no_headline_however_well_it_sums_up(first: str) -> None:
    lines = [
        "Owls move into the clock tower",
        first,
        "What the keeper heard",
        "“I heard wings and then I heard the bell,” said the keeper, who found three owls asleep on its heaviest wheel.",
        "Nobody has asked them to leave.",
    ]
    story = plain_text.read("\n\n".join(lines))
    assert story.title == lines[0]
    assert list(story.paragraphs) == lines[1:]
    assert not story.left_out


def test_a_headline_below_a_sentence_of_the_site_is_still_found_by_its_byline() -> None:
    told = "The owls came on Saturday night, and the keeper of the clock says that they have not left its heaviest wheel since."
    lines = ["Stories from the old town", "We write about the things that happen between the walls and the river.",
             "Owls move into the clock tower", "By Ada Quill", told]  # fmt: skip
    story = plain_text.read("\n\n".join(lines))
    assert (story.title, story.byline) == ("Owls move into the clock tower", "Ada Quill")


def test_a_line_that_leads_to_another_story_is_left_out_and_named() -> None:
    told = "They came on Saturday night, and the keeper says that they have not left the heaviest wheel of the clock since."
    last = (
        "Read more: that is what the teacher said to her class, and the class went up the stairs of the tower to read."
    )
    story = plain_text.read("\n\n".join(["Owls move into the clock tower", told, "Read more: Storm sinks boats", last]))
    assert [piece.text for piece in story.left_out] == ["Read more: Storm sinks boats"]
    assert list(story.paragraphs) == [told, last]
