"""A personalised digest of 43 KB on the wire, made by the steps that a newsroom takes. Runs inside an installation."""

import random
from datetime import datetime

from benchmarks.delivery.effort import STORIES
from newsletter import pipeline
from newsletter.articles import editing
from newsletter.articles.models import Article
from newsletter.issues import queries
from newsletter.issues import services as issues
from newsletter.issues.models import Issue, Publication
from newsletter.issues.services import PublicationSettings
from newsletter.staff.models import User

PARAGRAPHS = 2
WORDS = 46
"""Of a paragraph. With six stories, what comes to 43 KB as it stands on the wire, in text and in HTML."""

_WORDS = """
    harbour council ferry morning letter library winter the and with from tide market street school bridge after
    people water evening boat that under light years before garden paper river bread they night clock repair glove
    piano tree wind station village doctor teacher question answer promise window summer field
""".split()  # noqa: SIM905  (a list of fifty quoted words is harder to read)

INTRODUCTION = """Good morning, {{name|reader}}.

This is what happened around the harbour since the last letter, in six stories and about as many minutes.
"""


def write_articles(*, now: datetime, stories: int = STORIES) -> list[Article]:
    """The same words on every machine."""
    chance = random.Random(43)  # noqa: S311  (the same words each time)
    return [
        editing.create(
            title=f"{_sentence(chance, 7)} ({number + 1})",
            standfirst=_sentence(chance, 24) + ".",
            byline="Ada Quill",
            kicker="Harbour",
            language="en",
            url=f"https://harbour.example/stories/{number + 1}",
            body_markdown="\n\n".join(_paragraph(chance) for _ in range(PARAGRAPHS)),
            now=now,
        )
        for number in range(stories)
    ]


def publication(*, list_id: int, slug: str, by: User, now: datetime) -> Publication:
    return issues.create_publication(
        settings=PublicationSettings(
            name=f"The Harbour Letter {slug}",
            slug=slug,
            list_id=list_id,
            sender_name="The Harbour",
            sender_address="letter@harbour.example",
            reply_to="editors@harbour.example",
            postal_address="The Harbour\n1 Quay Street\nHarbour",
            reason="You get this letter because you joined its list at harbour.example.",
        ),
        by=by.actor,
        now=now,
    )


def approved(which: Publication, stories: list[Article], *, by: User, now: datetime) -> Issue:
    """One more issue of it with all those stories in full, approved."""
    issue = issues.create_issue(
        publication=which,
        by=by.actor,
        now=now,
        subject="{{name|Reader}}, the tide turns at the harbour",
        preheader="Six stories from the quay",
        introduction=INTRODUCTION,
    )
    for story in stories:
        issues.add_entry(issue, story, by=by.actor, now=now, show="full")
    issue = queries.get_issue(issue.pk)
    pipeline.approve(issue, by=by.actor, now=now)
    return issue


def _sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choice(_WORDS) for _ in range(words)).capitalize()


def _paragraph(chance: random.Random) -> str:
    return ". ".join(_sentence(chance, WORDS // 4) for _ in range(4)) + "."
