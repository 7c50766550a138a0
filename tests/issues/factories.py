"""Rows that tests of issues, scheduling and the pipeline begin with: typed, with complete defaults."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from newsletter import conf
from newsletter.articles.models import Article, Picture
from newsletter.issues import queries, services
from newsletter.issues.consent import Consent
from newsletter.issues.models import Approval, Issue, Publication
from newsletter.rendering import preflight, render
from newsletter.staff.models import User
from subscribers import api as subscribers

NOW = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)
WRITER = "staff:1"
COLLEAGUE = "staff:2"

_counter = itertools.count(1)

TOP = {"subject": "The ferry is back", "preheader": "And what else the harbour did this week, in brief"}
SETTINGS = services.PublicationSettings(
    name="The Harbour Letter",
    list_id=1,
    sender_name="The Harbour",
    sender_address="letter@harbour.example",
    postal_address="The Harbour, 1 Quay Street, Port Ember",
    reason="You get this because you joined The Harbour Letter.",
    time_zone="Europe/Berlin",
)


def publication(*, cadence: str = "", **changes: Any) -> Publication:
    """A publication that preflight is content with."""
    number = next(_counter)
    if "list_id" not in changes:
        changes["list_id"] = subscribers.create_list(name=f"List {number}", slug=f"list-{number}", now=NOW).id
    made = services.create_publication(settings=replace(SETTINGS, **changes), by=WRITER, now=NOW)
    if cadence:
        from newsletter.scheduling import services as scheduling

        made = scheduling.set_cadence(made, rule=cadence, by=WRITER, now=NOW)
    return made


def article(**changes: Any) -> Article:
    number = next(_counter)
    values: dict[str, Any] = {
        "title": f"The night ferry returns, part {number}",
        "standfirst": "After two winters at the pier she sails again.",
        "body": "<p>She sails again, and the harbour came to see it.</p>",
        "byline": "Ada Brink",
        "kicker": "Harbour",
        "url": f"https://harbour.example/ferry-{number}",
        "text_key": f"text-{number}",
        "added_at": NOW - timedelta(hours=2),
        "published_at": NOW - timedelta(hours=3),
    } | changes
    return Article.objects.create(**values)


def picture() -> Picture:
    number = next(_counter)
    return Picture.objects.create(
        digest=f"{number:064x}", file=f"pictures/{number:064x}.jpg", width=600, height=400, size=1000, created_at=NOW
    )


def issue(of: Publication | None = None, *, stories: int = 2, **changes: Any) -> Issue:
    """A draft with stories, ready to be approved; last edited by WRITER."""
    made = services.create_issue(
        publication=of or publication(),
        by=WRITER,
        now=NOW,
        **(
            {"subject": "The ferry is back", "preheader": "And what else the harbour did this week, in brief"} | changes
        ),
    )
    for _ in range(stories):
        services.add_entry(made, article(), by=WRITER, now=NOW)
    return queries.get_issue(made.pk)


def consent(to: Issue, *, now: datetime = NOW, send_at: datetime | None = None) -> Consent:
    """What the pipeline would put before a person: really rendered, really checked."""
    config = conf.config()
    edition = services.edition_of(to, config=config, now=now, send_at=send_at)
    rendered = render.render(edition, templates=config.templates_dir)
    return Consent(
        edition=edition,
        rendered=[rendered],
        findings=preflight.check(edition, rendered, loopback=config.is_loopback).findings,
        audience=subscribers.audience_of_list(to.publication.list_id),
        sender=services.sender_of(to),
    )


def approved(to: Issue, *, by: str = COLLEAGUE, now: datetime = NOW, send_at: datetime | None = None) -> Approval:
    """The issue, approved."""
    fresh = queries.get_issue(to.pk)
    return services.approve(fresh, by=by, now=now, consent=consent(fresh, now=now, send_at=send_at), send_at=send_at)


def editor(address: str = "editor@harbour.example", **changes: Any) -> User:
    return User.objects.create_user(address, **changes)
