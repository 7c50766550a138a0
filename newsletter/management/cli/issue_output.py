"""How the commands about issues print an issue, for people and for scripts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import typer

from newsletter.delivery.ledger import queries as ledger
from newsletter.issues import queries, services, times
from newsletter.issues.models import Issue
from newsletter.issues.states import IssueState
from newsletter.management.cli import output
from newsletter.scheduling import services as scheduling


def print_issue(issue_id: int, *, json: bool) -> None:
    """Print an issue, its stories, and whether it is approved. Raises NotFound."""
    issue, entries = queries.issue_with_entries(issue_id)
    went_out = ledger.released_at([issue.pk])
    data = as_json(issue, went_out=went_out)
    stories = [
        {"article": entry.article_id, "title": entry.title or entry.article.title, "why": entry.why}
        for entry in entries
    ]
    approval = queries.approval_in_force(issue)
    if json:
        output.emit(data | {"stories": stories, "approval": approval.digest if approval else None})
        return
    typer.echo(f"Issue {issue.pk}: {issue.publication.name}, number {issue.number}, {services.in_words(issue.state)}.")
    if issue.subject:
        typer.echo(f"Subject: {issue.subject}")
    if data["time"]:
        typer.echo(f"{'Went' if issue.pk in went_out else 'Goes'} out: {data['time']}")
    if issue.state_reason:
        typer.echo(f"Why: {issue.state_reason}")
    if stories:
        output.table(
            ("", "ARTICLE", "STORY"), [(n, story["article"], story["title"]) for n, story in enumerate(stories, 1)]
        )


def as_json(issue: Issue, *, went_out: Mapping[int, datetime]) -> dict[str, Any]:
    """The issue for scripts; ``went_out``: as `queries.released_at` gives it."""
    at = goes_out_at(issue, went_out=went_out)
    return {
        "id": issue.pk,
        "publication": issue.publication.slug,
        "number": issue.number,
        "state": issue.state,
        "reason": issue.state_reason,
        "subject": issue.subject,
        "send_at": in_utc(issue.send_at),
        "goes_out_at": in_utc(at),
        "time": time_in_words(at, issue),
        "public_id": issue.public_id,
        "version": issue.version,
    }


def time_in_words(at: datetime | None, issue: Issue) -> str | None:
    """The moment in the newsletter's zone, which is named."""
    return times.tell(at, zone=services.zone_of(issue.publication.time_zone)) if at else None


def goes_out_at(issue: Issue, *, went_out: Mapping[int, datetime]) -> datetime | None:
    """When the issue was released; before, its own time, or the next slot of its newsletter, as the page says.

    None while nothing is approved.
    """
    if issue.pk in went_out:
        return went_out[issue.pk]
    if issue.state not in {IssueState.APPROVED, IssueState.SCHEDULED}:
        return issue.send_at
    return issue.send_at or scheduling.next_slot(issue, now=output.clock())


def in_utc(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, for scripts."""
    return moment.astimezone(UTC).isoformat() if moment else None
