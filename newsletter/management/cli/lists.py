"""The `lists` group: lists of people, their files, and those who ask in another way to be left alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import TaskID

from newsletter.errors import InvalidInput
from newsletter.management.cli import output
from subscribers import api

app = typer.Typer(
    help="Lists of subscribers: create, import, show, export; unsubscribe and suppress.", no_args_is_help=True
)

_ListName = Annotated[str, typer.Argument(metavar="LIST", help="Slug, number or exact name of the list.")]
_ANSWERS = """Say what each column means with --column, once for each:
  --column "TITLE=ignore"          it does not say who may be mailed
  --column "TITLE=left"            anything except empty or “no” means: has left
  --column "TITLE=stays"           anything except empty or “no” means: may be mailed; all others may not
  --column "TITLE=left:one|other"  these values mean: has left, as do those that are known to; others may be mailed
  --column "TITLE=left:one|stays:other"  the second may be mailed, even where its word is known to mean: has left"""
_TAKEN_FOR = {
    "address": "address",
    "other-address": "another address",
    "name": "name",
    "first-name": "first name",
    "last-name": "last name",
    "language": "language",
    "standing": "status: who may be mailed",
    "left": "has left: not empty, not “no”",
    "stays": "may be mailed: not empty, not “no”",
    "ignore": "not used",
}
_STAGES = {"check": "Checking the file", "compare": "Comparing with the list", "commit": "Adding subscribers"}


@contextmanager
def _problems() -> Iterator[None]:
    """Subscribers' errors are words for a person too, though they come from a package that does not know ours."""
    with output.problems():
        try:
            yield
        except api.LeftBefore as error:
            raise InvalidInput(f"{error}\nThe option that says so: --asked-again") from error
        except api.Unclear as error:
            raise InvalidInput(f"{error}\n{_ANSWERS}") from error
        except api.SubscribersError as error:
            raise InvalidInput(str(error)) from error


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="The list's name, as its readers see it.")],
    language: Annotated[str, typer.Option(help="Language of its texts, such as en or fa.")] = "en",
    slug: Annotated[str, typer.Option(help="Its address below /join/; made from the name if not given.")] = "",
    description: Annotated[str, typer.Option(help="What readers get, in a sentence or two.")] = "",
    consent: Annotated[str, typer.Option(help="Exactly what readers agree to when they join.")] = "",
    json: output.Json = False,
) -> None:
    """Create a list."""
    with _problems():
        namesakes = api.namesakes_of_list(name)
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
            output.say(f"Created list {made.id}, “{made.name}”. Readers join at /join/{made.slug}/.")
            if namesakes:
                output.say(f"Another list has the same name: {', '.join(namesakes)}.")


@app.command()
def add(
    list_: _ListName,
    address: Annotated[str, typer.Argument(help="The address of the person.")],
    basis: Annotated[str, typer.Option(help="How they agreed, such as “asked by letter, 3 May 2026”.")] = "",
    name: Annotated[str, typer.Option(help="Their name.")] = "",
    asked_again: Annotated[
        bool,
        typer.Option("--asked-again", help="They left in another program, and have asked for this list again since."),
    ] = False,
) -> None:
    """Add one person, on a declared basis. Who has left is not brought back."""
    with _problems():
        api.add(
            api.find_list(list_).id,
            address,
            basis=basis,
            name=name,
            now=output.clock(),
            actor=output.ACTOR,
            method="command",
            asked_again=asked_again,
        )
        output.say("Added to the list.")


@app.command("import")
def import_(
    list_: _ListName,
    file: Annotated[Path, typer.Argument(help="CSV with a column of addresses; any encoding.")],
    basis: Annotated[str, typer.Option(help="How these people agreed, such as “signed up at the spring fair”.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would happen.")] = False,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="TITLE=MEANING",
            help="What a column is: address, name, first-name, last-name, language, standing, left, stays, ignore, "
            "left:VALUE|VALUE, or left:VALUE|stays:VALUE. May be given several times.",
        ),
    ] = None,
    json: output.Json = False,
) -> None:
    """Import subscribers. Those who left, here or elsewhere, are not added, and taken off if only a file brought them.

    The same file again changes nothing.
    """
    with _problems(), output.progress() as bar:
        answers = dict(_answer(text) for text in column or [])
        tasks: dict[str, TaskID] = {}

        def told(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(_STAGES[stage], total=total)
            bar.update(tasks[stage], completed=done, total=total)

        found = api.find_list(list_)
        report = api.import_csv(
            found.id,
            file,
            basis=basis,
            now=output.clock(),
            actor=output.ACTOR,
            dry_run=dry_run,
            answers=answers,
            progress=told,
        )
    if json:
        output.emit(asdict(report))
    else:
        _show_report(report, has_basis=bool(basis.strip()))


def _answer(text: str) -> tuple[str, str]:
    try:
        return api.column_answer(text)
    except ValueError as error:
        raise InvalidInput(f"--column {text}: this cannot be used.\n{_ANSWERS}", field="--column") from error


def _meaning(said: str) -> str:
    """What a column was taken for, or what was answered of its values."""
    values = api.column_values(said)
    if values is None:
        return _TAKEN_FOR[said]
    left, stays = (", ".join(some) for some in values)
    return f"has left: {left}" + (f"; may be mailed: {stays}" if stays else "")


def _show_report(report: api.ImportReport, *, has_basis: bool) -> None:
    output.table(["column", "understood as"], [(title, _meaning(said)) for title, said in report.columns])
    output.table(
        ["would happen" if report.dry_run else "what happened", "people"],
        [
            ("added to the list", f"{report.joined:,}"),
            ("  of these, new here", f"{report.new_people:,}"),
            ("already on the list, unchanged", f"{report.already:,}"),
            ("asked to confirm, unchanged", f"{report.pending:,}"),
            ("have left, not added", f"{report.unsubscribed:,}"),
            ("must not be mailed, not added", f"{report.suppressed:,}"),
            ("same address again in the file", f"{report.repeated:,}"),
            ("left there, according to the file: not added", f"{report.left:,}"),
            ("  of these, here only by an import: taken off", f"{report.taken_off:,}"),
            ("  of these, joined or added here, unchanged", f"{report.still_here:,}"),
            ("cannot be used", f"{report.unusable:,}"),
            ("all in the file", f"{report.rows:,}"),
        ],
    )
    if report.still_here:
        output.say("To take off who left elsewhere: newsletter lists leave ADDRESS --list LIST")
    if report.rejected_file:
        output.say(f"Who was left out, with lines and reasons, is in {report.rejected_file}")
    if report.dry_run:
        but = " but for that file" if report.rejected_file else ""
        basis = "" if has_basis else ", and with --basis"
        output.say(f"Nothing was changed or written{but}. Run it again without --dry-run{basis}.")


@app.command()
def export(
    list_: _ListName,
    out: Annotated[Path | None, typer.Option(help="File to write; else it goes to standard output.")] = None,
) -> None:
    """Write a list as CSV, safe to open in a spreadsheet."""
    with _problems():
        found = api.find_list(list_)
        if out is None:
            stream = typer.get_text_stream("stdout", encoding="utf-8")
            for line in api.export_csv(found.id):
                stream.write(line.lstrip("\ufeff"))
        else:
            count = api.export_file(found.id, out)
            output.say(f"Wrote {count:,} subscribers to {out}. It contains addresses: keep it as safe as a password.")


@app.command()
def show(
    list_: Annotated[str, typer.Argument(metavar="[LIST]", help="One list; all of them if not given.")] = "",
    json: output.Json = False,
) -> None:
    """Show lists and how many subscribers each has."""
    with _problems():
        found = [api.find_list(list_)] if list_ else api.lists()
    if json:
        output.emit(asdict(found[0]) if list_ else [asdict(summary) for summary in found])
    elif not found:
        output.say("There is no list yet. Create one: newsletter lists create NAME")
    else:
        output.table(
            ["id", "name", "slug", "language", "confirmed", "pending", "unsubscribed", "suppressed"],
            [
                (
                    *(o.id, o.name, o.slug, o.language),
                    *(f"{n:,}" for n in (o.confirmed, o.pending, o.unsubscribed, o.suppressed)),
                )
                for o in found
            ],
        )


@app.command("list")
def all_(json: output.Json = False) -> None:
    """Show all lists and how many subscribers each has."""
    show("", json=json)


# One token in 64 begins with a hyphen.
@app.command(context_settings={"ignore_unknown_options": True})
def leave(
    who: Annotated[
        str, typer.Argument(metavar="TOKEN-or-ADDRESS", help="The token after leave+ in their mail, or their address.")
    ],
    list_: Annotated[str, typer.Option("--list", metavar="LIST", help="Which list; needed with an address.")] = "",
) -> None:
    """Unsubscribe a reader who asked for it by mail."""
    with _problems():
        token = who.removeprefix("leave+").partition("@")[0] if who.startswith("leave+") else who
        if "@" in token:
            if not list_:
                raise InvalidInput("Name the list that this reader leaves: --list LIST.", field="--list")
            left: api.Left | None = api.unsubscribe(
                api.find_list(list_).id, token, now=output.clock(), actor=output.ACTOR, method="mail"
            )
        else:
            left = api.leave(token, now=output.clock(), method="mail", actor=output.ACTOR)
        if left is None:
            raise InvalidInput("This token is not one of ours, or the subscriber is no longer on record.")
        output.say("Taken off the list." if left.changed else "Already off the list. Nothing was changed.")


@app.command()
def suppress(
    address: Annotated[str, typer.Argument(help="The address that must not be mailed.")],
    reason: Annotated[str, typer.Option(help="In a word or two.")] = "asked",
) -> None:
    """Never mail an address again, on any list. Only a keyed hash of it is kept."""
    with _problems():
        api.suppress(address, reason=reason, now=output.clock(), actor=output.ACTOR)
        output.say("No list sends mail to this address any more.")


@app.command()
def lift(address: Annotated[str, typer.Argument(help="The address that may be mailed again.")]) -> None:
    """Allow mail to a suppressed address again, because its owner asks for it."""
    with _problems():
        if api.lift(address, now=output.clock(), actor=output.ACTOR):
            output.say("This address may get mail again from the lists that its owner agreed to.")
        else:
            output.say("This address was not suppressed. Nothing was changed.")
