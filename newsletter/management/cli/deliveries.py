"""The commands about single deliveries: send again, settle doubts, say how long they are of use; see `recipients`."""

from pathlib import Path
from typing import Annotated

import typer

from newsletter import conf
from newsletter.delivery.control import reconcile as reconciling
from newsletter.delivery.control import release_actions as delivery
from newsletter.delivery.control import resend as resending
from newsletter.delivery.control.relay_log import Format
from newsletter.issues import queries
from newsletter.management.cli import output, recipients

app = typer.Typer(help="Who got an issue, who did not, and why; send again.", no_args_is_help=True)
app.add_typer(recipients.app)

Number = Annotated[int, typer.Argument(metavar="ISSUE", help="Id of the issue; `issues list` shows it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")]


@app.command()
def resend(
    issue: Number,
    kind: Annotated[
        list[str] | None,
        typer.Option(help=f"Who gets it again: {', '.join(resending.CHOICES)}. May be given several times."),
    ] = None,
    dry_run: DryRun = False,
    json: output.Json = False,
) -> None:
    """Send an issue again to those who failed in these ways, and to nobody else.

    Those who got it or have left since do not get it. Without --kind, --dry-run counts every kind.
    """
    with output.problems():
        choices = kind or []
        found = resending.failed(issue)
        if not (dry_run and not choices):
            resending.check(choices)
        shown = {choice: n for choice, n in found.counts.items() if not choices or choice in choices}
        count = found.chosen(choices)
        if not dry_run:
            count = resending.resend(issue, choices=choices, by=output.ACTOR, now=output.clock())
    if json:
        data = {"issue": issue, "dry_run": dry_run, "kinds": shown, "count": count}
        output.emit({**data, "not_written_to": {"accepted": found.accepted, "withdrawn": found.withdrawn}})
    elif dry_run:
        output.table(("KIND", "RECIPIENTS"), [(choice, f"{n:,}") for choice, n in shown.items()])
        output.say(f"Nothing was sent. Left out: {found.accepted:,} accepted, {found.withdrawn:,} withdrawn.")
    else:
        output.say(
            f"{count:,} recipients get it again, unless they may no longer be mailed; a running worker sends it."
        )


@app.command()
def reconcile(
    issue: Number,
    log: Annotated[Path, typer.Option("--log", metavar="FILE", help="The mail server's log; may be a .gz.")],
    form: Annotated[Format, typer.Option("--format", help="Whose log it is.")] = Format.POSTFIX,
    complete: Annotated[
        bool, typer.Option(help="The log covers the whole sending, so mail that it does not show is sent again.")
    ] = False,
    dry_run: DryRun = False,
    json: output.Json = False,
) -> None:
    """Settle mail that may or may not have been accepted, by its Message-ID in the mail server's log."""
    with output.problems():
        found = reconciling.reconcile(
            issue,
            log=log,
            form=form,
            complete=complete,
            dry_run=dry_run,
            config=conf.config(),
            by=output.ACTOR,
            now=output.clock(),
        )
    if json:
        output.emit(
            {
                "issue": issue,
                "dry_run": dry_run,
                "doubts": found.doubts,
                "accepted": found.accepted,
                "again": found.again,
                "left": found.left,
                "later": found.later,
                "lines": found.lines,
            }
        )
        return
    output.say(
        f"{'Would settle' if dry_run else 'Settled'} {found.accepted + found.again:,} of {found.doubts:,} doubtful "
        f"mails from {found.lines:,} lines: {found.accepted:,} were accepted, {found.again:,} were not "
        "and are sent again."
    )
    if found.left:
        output.say(
            f"{found.left:,} stay doubtful: the log does not show them, which proves nothing without --complete."
        )


@app.command()
def doubts(
    issue: Number,
    choice: Annotated[
        delivery.Doubt, typer.Argument(help="never-twice: do not send again; again: send again, some may get it twice.")
    ],
    json: output.Json = False,
) -> None:
    """Decide about mail that may or may not have been accepted."""
    with output.problems():
        queries.get_issue(issue)
        count = delivery.resolve_uncertain(issue, choice, by=output.ACTOR, now=output.clock())
    if json:
        output.emit({"issue": issue, "choice": choice.value, "count": count})
    else:
        output.say(f"Decided for {count:,} mails: {choice.value}.")


@app.command()
def care(
    issue: Number,
    useful_life: Annotated[
        int | None,
        typer.Option(metavar="HOURS", help="After these, nothing more is tried; 0: the newsletter's setting."),
    ] = None,
    uncertain: Annotated[str | None, typer.Option(help="hold or again; newsletter: the newsletter's setting.")] = None,
    json: output.Json = False,
) -> None:
    """Set how long an issue is tried, and what to do with mail that may or may not have been accepted."""
    with output.problems():
        row = queries.get_issue(issue)
        hours = row.useful_life_hours if useful_life is None else useful_life or None
        policy = row.uncertain_policy if uncertain is None else "" if uncertain == "newsletter" else uncertain
        row = delivery.set_care(
            issue, useful_life_hours=hours, uncertain_policy=policy, by=output.ACTOR, now=output.clock()
        )
    if json:
        output.emit(
            {"issue": issue, "useful_life_hours": row.useful_life_hours, "uncertain_policy": row.uncertain_policy}
        )
    else:
        life = row.useful_life_hours or f"{row.publication.useful_life_hours} (the newsletter's)"
        policy = row.uncertain_policy or f"{row.publication.uncertain_policy} (the newsletter's)"
        output.say(f"Hours of useful life: {life}. Mail that may or may not have been accepted: {policy}.")
