# ruff: noqa: E501
"""Texts as people save them from a site: the shapes that are met, each with what must come out."""

import textwrap
from dataclasses import dataclass

import pytest

from newsletter.articles import plain_text

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
