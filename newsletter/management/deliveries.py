"""The commands about single deliveries: send again, settle doubts, say how long they are of use; see `recipients`."""

from pathlib import Path
from typing import Annotated

import typer

from newsletter import conf
from newsletter.delivery import reconcile as reconciling
from newsletter.delivery import resend as resending
from newsletter.delivery import services as delivery
from newsletter.delivery.relaylog import Format
from newsletter.issues import queries
from newsletter.management import output, recipients

app = typer.Typer(help="Who got an issue, who did not, and why; send again.", no_args_is_help=True)
app.add_typer(recipients.app)

Number = Annotated[int, typer.Argument(metavar="ISSUE", help="Id of the issue; `issues list` shows it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


@app.command()
def resend(
    issue: Number,
    kind: Annotated[
        list[str] | None,
        typer.Option(help=f"Whom: {', '.join(resending.CHOICES)}. May be given several times."),
    ] = None,
    dry_run: DryRun = False,
    json: output.Json = False,
) -> None:
    """Send an issue again to those who failed in these ways, and to nobody else.

    Whoever got it, or left since, is not written to. Without --kind, --dry-run counts every kind.
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
        output.table(("KIND", "RECIPIENTS"), list(shown.items()))
        output.say(f"Nothing was done. Not written to: {found.accepted} accepted, {found.withdrawn} withdrawn.")
    else:
        output.say(f"{count} get it again, those of them who may still be written to; a running worker sends it.")


@app.command()
def reconcile(
    issue: Number,
    log: Annotated[Path, typer.Option("--log", metavar="FILE", help="The mail server's log; may be a .gz.")],
    form: Annotated[Format, typer.Option("--format", help="Whose log it is.")] = Format.POSTFIX,
    complete: Annotated[
        bool, typer.Option(help="You vouch that it covers the whole sending: what it does not show is sent again.")
    ] = False,
    dry_run: DryRun = False,
    json: output.Json = False,
) -> None:
    """Settle mails of which nobody knows whether they were taken, from the mail server's log, by Message-ID."""
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
        f"{'Would settle' if dry_run else 'Settled'} {found.accepted + found.again} of {found.doubts} doubts from "
        f"{found.lines} lines: {found.accepted} were taken, {found.again} were not and are sent again."
    )
    if found.left:
        output.say(f"{found.left} stay in doubt: the log does not show them, which proves nothing without --complete.")


@app.command()
def doubts(
    issue: Number,
    choice: Annotated[delivery.Doubt, typer.Argument(help="never-twice leaves them, again is at least once.")],
    json: output.Json = False,
) -> None:
    """Decide about the mails of which nobody knows whether they were taken."""
    with output.problems():
        queries.get_issue(issue)
        count = delivery.resolve_uncertain(issue, choice, by=output.ACTOR, now=output.clock())
    if json:
        output.emit({"issue": issue, "choice": choice.value, "count": count})
    else:
        output.say(f"Decided for {count} mails: {choice.value}.")


@app.command()
def care(
    issue: Number,
    useful_life: Annotated[
        int | None, typer.Option(metavar="HOURS", help="After these nothing more is tried; 0: as the newsletter.")
    ] = None,
    uncertain: Annotated[str | None, typer.Option(help="hold or again; newsletter: as the newsletter.")] = None,
    json: output.Json = False,
) -> None:
    """Set how long an issue is worth being tried, and what to do when nobody knows whether a mail was taken."""
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
        output.say(f"Hours of useful life: {life}. When nobody knows whether a mail was taken: {policy}.")
