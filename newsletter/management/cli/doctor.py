"""`newsletter doctor`: what works, what is still to do, what has failed, and what to do about it."""

from dataclasses import asdict

import typer
from rich.console import Console

from newsletter.conf import config
from newsletter.management.cli import output
from newsletter.management.doctor import examination
from newsletter.management.doctor.diagnosis import Health

app = typer.Typer(help="Checks of the installation.")

_MARKS = {Health.OK: ("✓", "green"), Health.TO_DO: ("○", "yellow"), Health.FAILED: ("✗", "red")}


@app.command()
def doctor(json: output.Json = False) -> None:
    """Check the database, keys, mail server, clock, public address, DKIM and what waits to be sent.

    Exits 1 only when something has failed; what is still to do is shown, and fine for now.
    """
    diagnoses = examination.examine(config(), now=output.clock())
    failed = any(diagnosis.health is Health.FAILED for diagnosis in diagnoses)
    if json:
        output.emit({"ok": not failed, "findings": [asdict(diagnosis) for diagnosis in diagnoses]})
    else:
        console = Console(highlight=False)
        width = max(len(diagnosis.name) for diagnosis in diagnoses)
        for diagnosis in diagnoses:
            mark, colour = _MARKS[diagnosis.health]
            console.print(
                f"[{colour}]{mark} {diagnosis.health.value:<6}[/] [bold]{diagnosis.name:<{width}}[/] ", end=""
            )
            console.print(diagnosis.text, markup=False, soft_wrap=True)
    if failed:
        raise typer.Exit(1)
