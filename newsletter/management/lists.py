"""The `lists` group: lists of people, their files, and those who ask in another way to be left alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import TaskID

from newsletter.errors import InvalidInput
from newsletter.management import output
from subscribers import api

app = typer.Typer(help="Lists of people: create, fill, show, export; take people off.", no_args_is_help=True)

_ListName = Annotated[str, typer.Argument(metavar="LIST", help="Slug, number or exact name of the list.")]
_STAGES = {"check": "Checking the file", "compare": "Comparing with the list", "commit": "Adding people"}


@contextmanager
def _problems() -> Iterator[None]:
    """People's errors are words for a person too, though they come from a package that does not know ours."""
    with output.problems():
        try:
            yield
        except api.SubscribersError as error:
            raise InvalidInput(str(error)) from error


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="The list's name, as its readers see it.")],
    language: Annotated[str, typer.Option(help="Language of its texts, such as en or fa.")] = "en",
    slug: Annotated[str, typer.Option(help="Its address below /join/; made from the name if not given.")] = "",
    description: Annotated[str, typer.Option(help="What readers get, in a sentence or two.")] = "",
    consent: Annotated[str, typer.Option(help="Exactly what people agree to when they join.")] = "",
    json: output.Json = False,
) -> None:
    """Create a list."""
    with _problems():
        made = api.create_list(
            name=name,
            language=language,
            slug=slug,
            description=description,
            consent_text=consent,
            now=output.clock(),
        )
        if json:
            output.emit(asdict(made))
        else:
            output.say(f"Created list {made.id}, “{made.name}”. People join at /join/{made.slug}/.")


@app.command("import")
def import_(
    list_: _ListName,
    file: Annotated[Path, typer.Argument(help="CSV with a column of addresses; any encoding.")],
    basis: Annotated[str, typer.Option(help="How these people agreed, such as “signed up at the spring fair”.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    json: output.Json = False,
) -> None:
    """Add people from a file. Who has left or must not be mailed stays away; the same file again changes nothing."""
    with _problems(), output.progress() as bar:
        tasks: dict[str, TaskID] = {}

        def told(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(_STAGES[stage], total=total)
            bar.update(tasks[stage], completed=done, total=total)

        found = api.find_list(list_)
        report = api.import_csv(
            found.id, file, basis=basis, now=output.clock(), actor=output.ACTOR, dry_run=dry_run, progress=told
        )
    if json:
        output.emit(asdict(report))
    else:
        _show_report(report)


def _show_report(report: api.ImportReport) -> None:
    output.table(
        ["would happen" if report.dry_run else "what happened", "rows"],
        [
            ("added to the list", report.joined),
            ("  of them new here", report.new_people),
            ("on the list before, unchanged", report.already),
            ("asked, not confirmed yet, unchanged", report.pending),
            ("have left, stay away", report.unsubscribed),
            ("must not be mailed, not added", report.suppressed),
            ("same address again in the file", report.repeated),
            ("cannot be used", report.rejected),
            ("all rows", report.rows),
        ],
    )
    if report.rejected_file:
        output.say(f"Lines and reasons of those that cannot be used: {report.rejected_file}")
    if report.dry_run:
        output.say("Nothing was changed. Run it again without --dry-run, and with --basis.")


@app.command()
def export(
    list_: _ListName,
    out: Annotated[Path | None, typer.Option(help="File to write; else it goes to standard output.")] = None,
) -> None:
    """Write a list as CSV that no spreadsheet takes for formulas."""
    with _problems():
        found = api.find_list(list_)
        if out is None:
            stream = typer.get_text_stream("stdout", encoding="utf-8")
            for line in api.export_csv(found.id):
                stream.write(line.lstrip("\ufeff"))
        else:
            count = api.export_file(found.id, out)
            output.say(f"Wrote {count} people to {out}. It holds addresses: keep it as you would keep a key.")


@app.command()
def show(
    list_: Annotated[str, typer.Argument(metavar="[LIST]", help="One list; all of them if not given.")] = "",
    json: output.Json = False,
) -> None:
    """Show lists and how many people each has."""
    with _problems():
        found = [api.find_list(list_)] if list_ else api.lists()
    if json:
        output.emit(asdict(found[0]) if list_ else [asdict(one) for one in found])
    elif not found:
        output.say("There is no list yet. Create one: newsletter lists create NAME")
    else:
        output.table(
            ["id", "name", "slug", "language", "confirmed", "pending", "unsubscribed", "suppressed"],
            [(o.id, o.name, o.slug, o.language, o.confirmed, o.pending, o.unsubscribed, o.suppressed) for o in found],
        )


@app.command()
def leave(
    who: Annotated[str, typer.Argument(metavar="TOKEN-or-ADDRESS", help="What stands after leave+ in their mail.")],
    list_: Annotated[str, typer.Option("--list", metavar="LIST", help="Which list; needed with an address.")] = "",
) -> None:
    """Take off a person who asked for it by mail."""
    with _problems():
        token = who.removeprefix("leave+").partition("@")[0] if who.startswith("leave+") else who
        if "@" in token:
            if not list_:
                raise InvalidInput("Name the list that this person leaves: --list LIST.", field="--list")
            left: api.Left | None = api.unsubscribe(
                api.find_list(list_).id, token, now=output.clock(), actor=output.ACTOR, method="mail"
            )
        else:
            left = api.leave(token, now=output.clock(), method="mail", actor=output.ACTOR)
        if left is None:
            raise InvalidInput("This token is not one of ours, or the person is not known here any more.")
        output.say("Taken off the list." if left.changed else "Was not on the list any more. Nothing was changed.")


@app.command()
def suppress(
    address: Annotated[str, typer.Argument(help="The address that must not be mailed.")],
    reason: Annotated[str, typer.Option(help="In a word or two.")] = "asked",
) -> None:
    """Never mail an address again, on any list. Only a keyed hash of it is kept."""
    with _problems():
        api.suppress(address, reason=reason, now=output.clock(), actor=output.ACTOR)
        output.say("This address is not mailed any more, on any list.")


@app.command()
def lift(address: Annotated[str, typer.Argument(help="The address that may be mailed again.")]) -> None:
    """Take an address off those that must not be mailed, because its owner asks for it."""
    with _problems():
        if api.lift(address, now=output.clock(), actor=output.ACTOR):
            output.say("This address may be mailed again, where its owner agreed.")
        else:
            output.say("This address was not barred. Nothing was changed.")
