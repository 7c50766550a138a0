"""A draft made of the newest unused articles, by the publication's rule."""

from datetime import datetime

from django.db import transaction

from newsletter.articles.models import Article
from newsletter.errors import NotFound
from newsletter.issues import editing, queries
from newsletter.issues.models import Issue, Publication
from newsletter.selection import proposal, rules
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _

LOOKED_AT = 2_000
"""Newest unused articles that are considered; older articles would lose to these anyway."""


def suggest(publication: Publication, *, now: datetime) -> list[tuple[Article, str]]:
    """The suggested stories with their reasons, newest first; the publication's language unless its rule says more."""
    rule = rules.parse(publication.rule)
    if not rule.languages:
        rule = rules.parse(publication.rule | {"languages": [publication.language.split("-")[0]]})
    articles = {article.pk: article for article in queries.unused_articles(publication)[:LOOKED_AT]}
    picks = proposal.propose((_candidate(article) for article in articles.values()), rule, now=now)
    return [(articles[pick.id], pick.reason) for pick in picks] if len(picks) >= rule.min_stories else []


def assemble(*, publication: Publication, now: datetime, by: str) -> Issue:
    """A new draft of the suggested stories, whose lines follow them (`subject_lines`). Raises NotFound without any."""
    picks = suggest(publication, now=now)
    if not picks:
        raise NotFound(_nothing_new(publication, now=now))
    with transaction.atomic():
        issue = editing.create_issue(publication=publication, by=by, now=now)
        for article, reason in picks:
            editing.add_entry(issue, article, by=by, now=now, why=reason)
    return queries.get_issue(issue.pk)


def _nothing_new(publication: Publication, *, now: datetime) -> str:
    waiting = queries.unused_articles(publication).filter(published_at__gt=now).count()
    if waiting:
        return _(
            "There are no new articles for %(newsletter)s. Add some, or change which articles the newsletter uses. "
            "Articles dated in the future, waiting for their day: %(n)s.",
            newsletter=publication.name,
            n=Quantity(waiting),
        )
    return _(
        "There are no new articles for %(newsletter)s. Add some, or change which articles the newsletter uses.",
        newsletter=publication.name,
    )


def _candidate(article: Article) -> proposal.Candidate:
    return proposal.Candidate(
        id=article.pk,
        language=article.language,
        at=article.published_at or article.added_at,
        topics=tuple(str(topic) for topic in article.topics),
        source=str(article.source) if article.source else "",
        title=article.title,
    )
