"""The storyboard: articles become an issue, an issue becomes renditions, renditions become deliveries."""

from datetime import datetime

from newsletter import conf
from newsletter.delivery import audience
from newsletter.delivery.models import Release
from newsletter.issues import assembling, services
from newsletter.issues.models import Approval, Issue, Publication
from newsletter.rendering import preflight, render
from newsletter.rendering.results import Preflight, Rendered
from newsletter.scheduling import services as scheduling
from subscribers import api as subscribers


def assemble(*, publication: Publication, now: datetime, by: str) -> Issue:
    """Articles → issue: a draft of the newest unused ones that the publication's rule allows."""
    return assembling.assemble(publication=publication, now=now, by=by)


def preview(issue: Issue, *, now: datetime, test: bool = False) -> Rendered:
    """The issue as it would be approved now."""
    config = conf.config()
    edition = services.edition_of(
        issue, config=config, now=now, test=test, send_at=scheduling.expected_at(issue, now=now)
    )
    return render.render(edition, templates=config.templates_dir)


def check(issue: Issue, *, now: datetime) -> Preflight:
    """What stands in the way of sending the issue as it is, and what is only worth a look."""
    config = conf.config()
    edition = services.edition_of(issue, config=config, now=now, send_at=scheduling.expected_at(issue, now=now))
    rendered = render.render(edition, templates=config.templates_dir)
    return preflight.check(edition, rendered, loopback=config.is_loopback)


def approve(issue: Issue, *, by: str, now: datetime, send_at: datetime | None = None) -> Approval:
    """Issue → frozen renditions, with a person's consent; with ``send_at`` it is scheduled. Raises Blocked."""
    config = conf.config()
    day = send_at or scheduling.expected_at(issue, now=now)
    edition = services.edition_of(issue, config=config, now=now, send_at=day)
    rendered = render.render(edition, templates=config.templates_dir)
    return services.approve(
        issue,
        by=by,
        now=now,
        edition=edition,
        rendered=[rendered],
        findings=preflight.check(edition, rendered, loopback=config.is_loopback).findings,
        audience=subscribers.audience_of_list(issue.publication.list_id),
        send_at=send_at,
    )


def release(issue_id: int, *, by: str, now: datetime) -> Release:
    """Renditions → deliveries: the audience is frozen, and workers begin."""
    issue = services.ready_to_release(issue_id, by=by, now=now)
    return audience.freeze(issue.pk, by=by, now=now)
