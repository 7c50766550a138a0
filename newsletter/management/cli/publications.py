"""The commands about publications: newsletters as readers know them."""

import json as jsonlib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from newsletter.errors import InvalidInput, NotFound, all_at_once
from newsletter.issues import queries, times
from newsletter.issues import services as issues
from newsletter.issues.models import Publication
from newsletter.management.cli import output
from newsletter.scheduling import cadence as cadences
from newsletter.scheduling import services as scheduling
from subscribers import api as subscribers

app = typer.Typer(help="Newsletters as readers know them.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The name readers see.")]
ListSlug = Annotated[str, typer.Option("--list", help="Short name of the list it goes to.")]
SenderName = Annotated[str, typer.Option(help="Name in the From line; the newsletter's name by default.")]
SenderAddress = Annotated[str, typer.Option(help="Address in the From line.")]
Cadence = Annotated[str, typer.Option(help="When it goes out, as five cron fields: '0 7 * * 1-5'. Empty: by hand.")]
Slug = Annotated[str, typer.Argument(help="Short name or number of the newsletter.")]
EmptySlot = Annotated[
    str,
    typer.Option(help="If no issue is approved in time: review (draft one and wait) or automatic (draft and send)."),
]
SECOND_PERSON = "Somebody other than the last editor must approve."
UNCERTAIN = "Mail that may or may not have arrived: hold (do nothing) or again (send again)."
USEFUL_LIFE = "Hours after which an issue is no longer tried."
REFUSAL_LIMIT = "Percentage of refused mail at which an issue pauses; 0: never."


@app.command()
def create(
    name: Name,
    list_: ListSlug,
    sender_address: SenderAddress,
    slug: Annotated[str, typer.Option(help="Short name; made from the name by default.")] = "",
    language: Annotated[str, typer.Option(help="Language tag, such as en or fa; the list's by default.")] = "",
    sender_name: SenderName = "",
    reply_to: Annotated[str, typer.Option(help="Where replies go; the sender's address by default.")] = "",
    bounce_domain: Annotated[str, typer.Option(help="Domain that bounces return to.")] = "",
    postal_address: Annotated[str, typer.Option(help="Shown in the footer; the law asks for it.")] = "",
    reason: Annotated[str, typer.Option(help="Why readers get this; shown in the footer.")] = "",
    tagline: Annotated[str, typer.Option(help="One line below the name.")] = "",
    theme: Annotated[str, typer.Option(help="Theme of the mail.")] = "gazette",
    accent: Annotated[str, typer.Option(help="Accent colour, #rrggbb.")] = "#8a1c1c",
    time_zone: Annotated[str, typer.Option(help="IANA zone of its times, such as Europe/Berlin.")] = "UTC",
    cadence: Cadence = "",
    empty_slot: EmptySlot = "review",
    rule: Annotated[str, typer.Option(help="Selection rule as JSON, or @file.")] = "",
    second_person: Annotated[bool, typer.Option(help=SECOND_PERSON)] = False,
    uncertain: Annotated[str, typer.Option(help=UNCERTAIN)] = "hold",
    useful_life: Annotated[int, typer.Option(help=USEFUL_LIFE)] = 96,
    refusal_limit: Annotated[int, typer.Option(help=REFUSAL_LIMIT)] = 10,
    json: output.Json = False,
) -> None:
    """Create a newsletter that goes to a list."""
    with output.problems():
        now = output.clock()
        target = _list(list_)
        settings = issues.PublicationSettings(
            name=name,
            slug=slug,
            list_id=target.id,
            language=language or target.language,
            sender_name=sender_name or name,
            sender_address=sender_address,
            reply_to=reply_to,
            bounce_domain=bounce_domain,
            postal_address=postal_address,
            reason=reason,
            tagline=tagline,
            theme=theme,
            accent=accent,
            time_zone=time_zone,
            empty_slot=empty_slot,
            rule=_rule(rule),
            second_person=second_person,
            uncertain_policy=uncertain,
            useful_life_hours=useful_life,
            refusal_limit=refusal_limit,
        )
        all_at_once(lambda: issues.check_settings(settings), lambda: _check_cadence(cadence))
        publication = issues.create_publication(settings=settings, by=output.ACTOR, now=now)
        if cadence.strip():
            publication = scheduling.set_cadence(publication, rule=cadence, by=output.ACTOR, now=now)
        _tell(publication, json=json)


@app.command("set")
def set_(
    slug: Slug,
    postal_address: Annotated[str | None, typer.Option(help="Shown in the footer.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why readers get this.")] = None,
    tagline: Annotated[str | None, typer.Option(help="One line below the name.")] = None,
    sender_name: Annotated[str | None, typer.Option(help="Name in the From line.")] = None,
    sender_address: Annotated[str | None, typer.Option(help="Address in the From line.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="IANA zone of its times.")] = None,
    cadence: Annotated[str | None, typer.Option(help="Five cron fields; '' for none.")] = None,
    empty_slot: Annotated[str | None, typer.Option(help="review or automatic.")] = None,
    rule: Annotated[str | None, typer.Option(help="Selection rule as JSON, or @file.")] = None,
    second_person: Annotated[bool | None, typer.Option(help=SECOND_PERSON)] = None,
    uncertain: Annotated[str | None, typer.Option(help=UNCERTAIN)] = None,
    useful_life: Annotated[int | None, typer.Option(help=USEFUL_LIFE)] = None,
    refusal_limit: Annotated[int | None, typer.Option(help=REFUSAL_LIMIT)] = None,
    json: output.Json = False,
) -> None:
    """Change settings of a newsletter. What you leave out stays as it is, and so do approved issues."""
    with output.problems():
        now = output.clock()
        publication = queries.get_publication(slug)
        given: dict[str, Any] = {
            "postal_address": postal_address,
            "reason": reason,
            "tagline": tagline,
            "sender_name": sender_name,
            "sender_address": sender_address,
            "time_zone": time_zone,
            "empty_slot": empty_slot,
            "rule": None if rule is None else _rule(rule),
            "second_person": second_person,
            "uncertain_policy": uncertain,
            "useful_life_hours": useful_life,
            "refusal_limit": refusal_limit,
        }
        settings = replace(
            issues.settings_of(publication), **{key: value for key, value in given.items() if value is not None}
        )
        all_at_once(lambda: issues.check_settings(settings), lambda: _check_cadence(cadence or ""))
        publication = issues.edit_publication(publication, settings=settings, by=output.ACTOR, now=now)
        rule_now = publication.cadence if cadence is None else cadence
        publication = scheduling.set_cadence(publication, rule=rule_now, by=output.ACTOR, now=now)
        _tell(publication, json=json)


@app.command()
def show(
    slug: Annotated[str, typer.Argument(help="Short name or number; all newsletters if not given.")] = "",
    json: output.Json = False,
) -> None:
    """Show a newsletter's settings and its next times."""
    if not slug:
        list_publications(json=json)
        return
    with output.problems():
        _tell(queries.get_publication(slug), json=json)


@app.command("list")
def list_publications(json: output.Json = False) -> None:
    """List every newsletter."""
    rows = [_as_json(publication) for publication in queries.publications()]
    if json:
        output.emit(rows)
    elif not rows:
        output.say("There is no newsletter yet. `newsletter publications create` makes one.")
    else:
        output.table(
            ("SHORT NAME", "NAME", "LANGUAGE", "NEXT"),
            [(row["slug"], row["name"], row["language"], row["next"] or "by hand") for row in rows],
        )


def _tell(publication: Publication, *, json: bool) -> None:
    data = _as_json(publication)
    if json:
        output.emit(data)
    else:
        output.table(("SETTING", "VALUE"), [(key, "" if value is None else value) for key, value in data.items()])


def _as_json(publication: Publication) -> dict[str, Any]:
    now = output.clock()
    zone = issues.zone_of(publication.time_zone)
    slots = scheduling.next_slots(publication, now=now)
    row = scheduling.schedule_of(publication)
    settings = asdict(issues.settings_of(publication))
    return {
        "id": publication.pk,
        **{key: settings[key] for key in ("slug", "name")},
        **{key: value for key, value in settings.items() if key not in {"slug", "name"}},
        "cadence": publication.cadence,
        "cadence_in_words": cadences.describe(publication.cadence) if publication.cadence else "",
        "next": times.tell(slots[0], zone=zone) if slots else None,
        "last_outcome": row.last_outcome if row else "",
    }


def _check_cadence(cadence: str) -> None:
    if cadence.strip():
        cadences.check(cadence)


def _list(slug: str) -> subscribers.ListSummary:
    try:
        return subscribers.find_list(slug)
    except subscribers.NotFound as error:
        raise NotFound(f"There is no list {slug!r}. `newsletter lists create` makes one.") from error


def _rule(text: str) -> dict[str, Any]:
    """The rule as JSON: given on the line, or in a file as @path."""
    if not text.strip():
        return {}
    try:
        data = jsonlib.loads(Path(text[1:]).read_text("utf-8") if text.startswith("@") else text)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"The selection rule cannot be read: {error}", field="rule") from error
    if not isinstance(data, dict):
        raise InvalidInput('A selection rule is a JSON object, such as {"max_stories": 6}.', field="rule")
    return data
