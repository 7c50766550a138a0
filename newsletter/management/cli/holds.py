"""`newsletter deliveries release-hold`: a person ends a hold, after being told what becomes of what."""

from collections import Counter
from dataclasses import asdict
from typing import Annotated

import typer

from newsletter.conf import config
from newsletter.delivery.control import hold_end
from newsletter.management.cli import output


def release_hold(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = False,
    json: output.Json = False,
) -> None:
    """Let mail go out again from a database that is held: restored, copied, moved, or older than its journals.

    What the journals in this data directory know is settled; what nobody knows becomes uncertain and is not sent again
    automatically. Enter the newest suppressions first, and stop the other installation if this is a copy.
    """
    with output.problems():
        found = hold_end.outlook(config().journal_dir, now=output.clock())
        if not json:
            _tell(found)
        if not dry_run:
            if not yes:
                output.confirm("Let mail go out again?", json=json)
            found = hold_end.end_hold(config().journal_dir, by=output.ACTOR, now=output.clock())
    if json:
        output.emit({**asdict(found), "released": not dry_run})
    elif dry_run:
        output.say("Nothing was changed. To do it, run this without --dry-run.")
    else:
        output.say("Mail goes out again. On each issue’s page, decide about the mail that is not known.")


def _tell(found: hold_end.HoldSummary) -> None:
    output.say(found.why)
    damaged = f", {found.damaged:,} cannot be read" if found.damaged else ""
    output.say(f"Journals read here: {found.journals:,}{damaged}. Journals on other machines are not read.")
    for issue, kinds in found.deliveries.items():
        counts = Counter(kinds)
        output.say(
            f"Issue {issue} was being sent: {counts['accepted']:,} were accepted and {counts['refused']:,} refused, "
            f"as the journals say; {counts['uncertain']:,} are not known and are not sent again automatically."
        )
    output.say(f"Earlier single mails that may have gone out and are not sent again: {found.mails:,}.")
    asks = ", ".join(str(issue) for issue in found.asks) or "none"
    output.say(f"Issues that now wait for a person, whatever their time: {asks}.")
