"""The commands about issues: compose, look, approve, schedule, send, follow."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from newsletter import pipeline
from newsletter.articles.models import Article
from newsletter.delivery.control import release_actions as delivery
from newsletter.delivery.ledger import queries as ledger
from newsletter.delivery.progress import samples
from newsletter.errors import InvalidInput, NotAllowed, NotFound, UserError
from newsletter.issues import queries, services, states, times
from newsletter.issues.models import Entry, Issue
from newsletter.management.cli import issue_export, issue_output, output
from newsletter.staff.models import User

app = typer.Typer(help="Compose, approve, schedule and follow issues.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="ID", help="Id of the issue; `issues list` shows it.")]
By = Annotated[str, typer.Option("--by", metavar="EMAIL", help="Who approves: the address of an editor.")]
Publication = Annotated[str, typer.Argument(metavar="PUBLICATION", help="Short name of the newsletter.")]
At = Annotated[str, typer.Option("--at", metavar="TIME", help="2026-11-27 07:00, in the newsletter's zone.")]
LARGEST_INTRODUCTION = 200_000
"""Bytes; a file that is larger is no introduction."""


@app.command()
def create(
    publication: Publication,
    subject: Annotated[str, typer.Option(help="Subject line.")] = "",
    preheader: Annotated[str, typer.Option(help="What mail programs show beside the subject.")] = "",
    introduction: Annotated[str, typer.Option(help="Markdown above the stories; may contain {{name}}.")] = "",
    introduction_file: Annotated[Path | None, typer.Option(help="The same, from a file.")] = None,
    json: output.Json = False,
) -> None:
    """Create an empty draft with the newsletter's next number."""
    with output.problems():
        issue = services.create_issue(
            publication=queries.get_publication(publication),
            by=output.ACTOR,
            now=output.clock(),
            subject=subject,
            preheader=preheader,
            introduction=_read(introduction_file) if introduction_file else introduction,
        )
        issue_output.print_issue(issue.pk, json=json)


@app.command()
def suggest(publication: Publication, json: output.Json = False) -> None:
    """Create a draft of the newest unused articles that the newsletter's rule allows."""
    with output.problems():
        found = queries.get_publication(publication)
        issue_output.print_issue(
            pipeline.assemble(publication=found, now=output.clock(), by=output.ACTOR).pk, json=json
        )


@app.command()
def add(
    issue: Number,
    articles: Annotated[list[int], typer.Argument(metavar="ARTICLE…", help="Ids; `articles list` shows them.")],
    full: Annotated[bool, typer.Option("--full", help="Show the whole text.")] = False,
    json: output.Json = False,
) -> None:
    """Put articles into an issue, in this order, after those that are there."""
    with output.problems():
        row = queries.get_issue(issue)
        known = Article.objects.in_bulk(articles)
        missing = [str(number) for number in articles if number not in known]
        if missing:
            raise NotFound(f"There is no article {', '.join(missing)}. Nothing was added.")
        show = Entry.Show.FULL if full else Entry.Show.SUMMARY
        for number in articles:
            services.add_entry(row, known[number], by=output.ACTOR, now=output.clock(), show=show)
        issue_output.print_issue(issue, json=json)


@app.command()
def edit(
    issue: Number,
    subject: Annotated[str | None, typer.Option(help="Subject line.")] = None,
    preheader: Annotated[str | None, typer.Option(help="What mail programs show beside the subject.")] = None,
    introduction: Annotated[str | None, typer.Option(help="Markdown above the stories.")] = None,
    introduction_file: Annotated[Path | None, typer.Option(help="The same, from a file.")] = None,
    json: output.Json = False,
) -> None:
    """Change the subject, preview line and introduction. An approved issue becomes a draft again."""
    with output.problems():
        text = _read(introduction_file) if introduction_file else introduction
        services.edit_issue(
            queries.get_issue(issue),
            by=output.ACTOR,
            now=output.clock(),
            subject=subject,
            preheader=preheader,
            introduction=text,
        )
        issue_output.print_issue(issue, json=json)


@app.command()
def check(issue: Number, json: output.Json = False) -> None:
    """Check what blocks an issue, and what is worth a look. Exits 1 if it must not be sent."""
    with output.problems():
        found = pipeline.check(queries.get_issue(issue), now=output.clock())
    if json:
        findings = [{"code": each.code, "blocks": each.blocks, "text": each.text} for each in found.findings]
        output.emit({"issue": issue, "blocked": found.blocked, "findings": findings})
    else:
        for finding in found.findings:
            output.say(f"{'Must not be sent' if finding.blocks else 'Worth a look'}: {finding.text}")
    if found.blocked:
        raise typer.Exit(1)
    output.say("Nothing blocks this issue.")


@app.command()
def render(
    issue: Number,
    out: Annotated[Path, typer.Option("--out", help="Folder for issue.html, issue.txt and issue.eml.")],
    address: Annotated[str, typer.Option("--for", metavar="ADDRESS", help="A subscriber; else a sample.")] = "",
    json: output.Json = False,
) -> None:
    """Write an issue as one reader gets it: issue.html, issue.txt, and issue.eml exactly as sent."""
    with output.problems():
        exported = issue_export.write(queries.get_issue(issue), out=out, now=output.clock(), address=address)
    if json:
        files = [str(path) for path in exported.files]
        output.emit({"issue": issue, "files": files, "approved": exported.approved, "barred": exported.barred})
        return
    for path in exported.files:
        typer.echo(path)
    output.say("These are the approved bytes." if exported.approved else "This is the draft as it is now.")
    if exported.barred:
        output.say(f"This reader would not get it: {exported.barred}.")


@app.command("test")
def send_test(
    issue: Number,
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="Where the test mail goes.")],
    json: output.Json = False,
) -> None:
    """Mail an issue to one address, marked [Test]; the worker sends it."""
    with output.problems():
        mail = pipeline.test_mail(queries.get_issue(issue), to=to, now=output.clock())
    if json:
        output.emit({"issue": issue, "outbox": mail.pk})
    else:
        output.say("The test mail waits in the outbox; a running worker sends it.")


@app.command()
def approve(issue: Number, by: By = "", at: At = "", json: output.Json = False) -> None:
    """Approve exactly this version; with --at for that time, else for the next scheduled time or by hand."""
    with output.problems():
        now, row = output.clock(), queries.get_issue(issue)
        send_at = _time(at, row, now=now) if at else None
        pipeline.approve(row, by=_actor(by), now=now, send_at=send_at)
        issue_output.print_issue(issue, json=json)
        if not json and issue_output.goes_out_at(queries.get_issue(issue), went_out={}) is None:
            output.say(f"It goes out when someone sends it: `newsletter issues release {issue}`.")


@app.command()
def schedule(issue: Number, at: At, by: By = "", json: output.Json = False) -> None:
    """Give an approved issue its time, on the day that its mail is dated; for another day see `approve --at`."""
    with output.problems():
        now, row = output.clock(), queries.get_issue(issue)
        try:
            services.schedule(row, by=_actor(by), now=now, send_at=_time(at, row, now=now))
        except services.AnotherDay as error:
            local = error.send_at.astimezone(services.zone_of(row.publication.time_zone))
            command = f'newsletter issues approve {issue} --at "{local:%Y-%m-%d %H:%M}"'
            raise NotAllowed(f"{error} To approve and schedule the mail of that day: {command}") from error
        issue_output.print_issue(issue, json=json)


@app.command()
def release(
    issue: Number,
    by: By = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, whatever its time or date.")] = False,
    json: output.Json = False,
) -> None:
    """Send an approved issue now: its recipients are fixed, and workers start.

    Asks first where it is scheduled for later, or its mail is dated another day.
    """
    with output.problems():
        actor, now, row = _actor(by), output.clock(), queries.get_issue(issue)
        approval = queries.approval_in_force(row)
        doubts = _doubts(row, now=now)
        if doubts and not yes:
            output.confirm(f"{' '.join(doubts)} Send it now?", json=json)
        # The answer may have taken its time: `now` is read again.
        looked_at = approval.pk if approval else None
        pipeline.release(issue, by=actor, now=output.clock(), looked_at=looked_at)
        issue_output.print_issue(issue, json=json)
        if not json:
            far = samples.look(issue, now=now)
            readers = far.planned if far else 0
            output.say(f"Being sent to {readers:,} subscriber{'' if readers == 1 else 's'}.")


@app.command()
def pause(issue: Number, json: output.Json = False) -> None:
    """Stop sending for now. Mail already handed over cannot be called back."""
    with output.problems():
        delivery.pause(issue, by=output.ACTOR, now=output.clock())
        issue_output.print_issue(issue, json=json)


@app.command()
def resume(issue: Number, json: output.Json = False) -> None:
    """Continue sending a paused issue."""
    with output.problems():
        delivery.resume(issue, by=output.ACTOR, now=output.clock())
        issue_output.print_issue(issue, json=json)


@app.command()
def cancel(issue: Number, json: output.Json = False) -> None:
    """Cancel an issue: it is never sent, or no more of it is."""
    with output.problems():
        delivery.cancel(issue, by=output.ACTOR, now=output.clock())
        issue_output.print_issue(issue, json=json)


@app.command()
def status(issue: Number, json: output.Json = False) -> None:
    """Show the ledger: candidates, who was left out and why, and what became of each delivery."""
    with output.problems():
        row = queries.get_issue(issue)
        sums, at = ledger.ledger(issue), issue_output.goes_out_at(row, went_out=ledger.released_at([issue]))
    if json:
        output.emit({**sums, "goes_out_at": issue_output.in_utc(at), "time": issue_output.time_in_words(at, row)})
        return
    rows: list[tuple[str, object]] = []
    for key, value in {**sums, "time": issue_output.time_in_words(at, row) or ""}.items():
        rows += [(f"excluded: {k}", v) for k, v in value.items()] if isinstance(value, dict) else [(key, value)]
    output.table(("", ""), [(key, f"{v:,}" if isinstance(v, int) and key != "issue" else v) for key, v in rows])


@app.command("list")
def list_issues(
    publication: Annotated[str, typer.Argument(help="Short name of the newsletter; empty: all.")] = "",
    limit: Annotated[int, typer.Option(help="How many to list, at most; newest first.")] = 50,
    json: output.Json = False,
) -> None:
    """List issues, newest first."""
    with output.problems():
        of = queries.get_publication(publication) if publication else None
    found = list(queries.issues_of(of)[:limit])
    went_out = ledger.released_at(issue.pk for issue in found)
    rows = [issue_output.as_json(issue, went_out=went_out) for issue in found]
    if json:
        output.emit(rows)
    elif not rows:
        output.say("There is no issue yet. `newsletter issues suggest PUBLICATION` drafts one.")
    else:
        output.table(
            ("ID", "NEWSLETTER", "NUMBER", "STATE", "SUBJECT", "TIME"),
            [
                (row["id"], row["publication"], row["number"], row["state"], row["subject"], row["time"] or "")
                for row in rows
            ],
        )


@app.command()
def show(issue: Number, json: output.Json = False) -> None:
    """Show an issue, its stories, and whether it is approved."""
    with output.problems():
        issue_output.print_issue(issue, json=json)


def _doubts(issue: Issue, *, now: datetime) -> list[str]:
    """What speaks against sending the issue this moment, a sentence each."""
    zone = services.zone_of(issue.publication.time_zone)
    early = issue.send_at if issue.send_at and issue.send_at > now else None
    said = [f"It is scheduled for {times.tell(early, zone=zone)}."] if early else []
    changes = [] if issue.state in states.RELEASED else pipeline.changes(issue, now=now, goes_out=now)
    return said + [str(change.text) for change in changes if change.kind == "date"]


def _actor(email: str) -> str:
    """The opaque id of the user with that address; of whoever types commands for "". Raises NotFound, NotAllowed."""
    if not email:
        return output.ACTOR
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise NotFound(f"Nobody on the team has the address {email}. `newsletter staff add` makes an account.")
    if not user.has_role("editor"):
        raise NotAllowed(f"{email} may not approve: the account is closed, or not an editor's.")
    return user.actor


def _time(text: str, issue: Issue, *, now: datetime) -> datetime:
    return times.read(text, zone=services.zone_of(issue.publication.time_zone), now=now)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_INTRODUCTION + 1)
        if len(data) > LARGEST_INTRODUCTION:
            raise InvalidInput(f"{path} is too large for an introduction. Nothing was changed.", field=str(path))
        return data.decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}. Nothing was changed.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not text in UTF-8. Save it as UTF-8 and try again.", field=str(path)) from error
