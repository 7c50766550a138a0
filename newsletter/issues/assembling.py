"""A draft made of the newest unused articles, by the publication's rule."""

from datetime import datetime

from django.db import transaction

from newsletter.articles.models import Article
from newsletter.errors import NotFound
from newsletter.issues import editing, queries
from newsletter.issues.models import Issue, Publication
from newsletter.selection import proposal, rules

LOOKED_AT = 2_000
"""Newest unused articles that are considered; older ones would lose to these anyway."""


def suggest(publication: Publication, *, now: datetime) -> list[tuple[Article, str]]:
    """The suggested stories with their reasons, newest first; the publication's language unless its rule says more."""
    rule = rules.parse(publication.rule)
    if not rule.languages:
        rule = rules.parse(publication.rule | {"languages": [publication.language.split("-")[0]]})
    articles = {article.pk: article for article in queries.unused_articles(publication)[:LOOKED_AT]}
    picks = proposal.propose((_candidate(article) for article in articles.values()), rule, now=now)
    return [(articles[pick.id], pick.reason) for pick in picks] if len(picks) >= rule.min_stories else []


def assemble(*, publication: Publication, now: datetime, by: str) -> Issue:
    """A new draft of the suggested stories; its subject is the first story's title. Raises NotFound without any."""
    picks = suggest(publication, now=now)
    if not picks:
        raise NotFound(_nothing_new(publication, now=now))
    first = picks[0][0]
    with transaction.atomic():
        issue = editing.create_issue(
            publication=publication, by=by, now=now, subject=_line(first.title)[:300], preheader=_preheader(picks)
        )
        for article, reason in picks:
            editing.add_entry(issue, article, by=by, now=now, why=reason)
    return queries.get_issue(issue.pk)


def _nothing_new(publication: Publication, *, now: datetime) -> str:
    text = f"There are no new articles for {publication.name}. Add some, or change what the newsletter asks for."
    waiting = queries.unused_articles(publication).filter(published_at__gt=now).count()
    return f"{text} Dated in the future, and waiting for their day: {waiting}." if waiting else text


def _line(title: str) -> str:
    """The title as a header can carry it: one line, nothing that controls devices."""
    return " ".join("".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in title).split())


def _preheader(picks: list[tuple[Article, str]]) -> str:
    """The other headlines: what a reader sees beside the subject."""
    text = " · ".join(_line(article.title) for article, _ in picks[1:4])
    return text if len(text) <= 110 else text[:109].rsplit(" ", 1)[0] + "…"


def _candidate(article: Article) -> proposal.Candidate:
    return proposal.Candidate(
        id=article.pk,
        language=article.language,
        at=article.published_at or article.added_at,
        topics=tuple(str(topic) for topic in article.topics),
        source=str(article.source) if article.source else "",
    )
