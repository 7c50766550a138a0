"""The `limits` group: how much may go out, by server, by sender and by who takes it."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Any

import typer

from newsletter.delivery.ratelimit import limit_settings
from newsletter.delivery.ratelimit.limit_rules import PRESETS
from newsletter.delivery.ratelimit.limit_settings import PERIODS, Settings, StoredLimit
from newsletter.management.cli import output

app = typer.Typer(help="Rate limits by mail server, sender's domain and receiving provider.", no_args_is_help=True)

Key = Annotated[
    str,
    typer.Argument(
        metavar="WHAT",
        help="server:NAME, sender:DOMAIN or domain:PROVIDER (such as gmail, microsoft, yahoo); * for every other one.",
    ),
]


@app.command("list")
def list_(json: output.Json = False) -> None:
    """List every limit, how much of it is used, and which providers get mail more slowly for now."""
    with output.problems():
        now = output.clock()
        rows, slow = limit_settings.overview(now=now), limit_settings.slowed()
    if json:
        output.emit({"limits": [_as_json(row) for row in rows], "slowed": [asdict(slowed) for slowed in slow]})
        return
    if rows:
        output.table(
            ["what", "second", "minute", "hour", "day", "warm-up", "used"],
            [
                (
                    f"{row.kind}:{row.name}",
                    *("" if value is None else _number(value) for value in _bounds(row)),
                    f"{row.settings.warm_up} {row.settings.warm_up_start or ''}".strip(),
                    ", ".join(f"{use.share:.0%} of a {_period(use.period)}" for use in row.uses),
                )
                for row in rows
            ],
        )
    else:
        output.say("Nothing is limited. Set a limit: newsletter limits set server:default --per-second 20")
    for slowed in slow:
        output.say(
            f"{slowed.group} asked {slowed.server} to slow down ({slowed.reply}): "
            f"{_number(slowed.rate)} of {_number(slowed.goal)} a second."
        )


@app.command("set")
def set_(
    what: Key,
    per_second: Annotated[float | None, typer.Option(help="Messages a second, at most; 0: no bound.")] = None,
    per_minute: Annotated[int | None, typer.Option(help="Messages a minute, at most; 0: no bound.")] = None,
    per_hour: Annotated[int | None, typer.Option(help="Messages an hour, at most; 0: no bound.")] = None,
    per_day: Annotated[int | None, typer.Option(help="Messages a day, at most; 0: no bound.")] = None,
    warm_up: Annotated[
        str | None, typer.Option(help=f"How a new sender starts: {', '.join(PRESETS)}; '' for no warm-up.")
    ] = None,
    warm_up_start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of the warm-up, in UTC; today by default.")
    ] = None,
    json: output.Json = False,
) -> None:
    """Set or change a limit. What you leave out stays as it is. Workers follow within two seconds."""
    with output.problems():
        now = output.clock()
        key = limit_settings.clean_key(what)
        rows = [row for row in limit_settings.overview(now=now) if row.key == key]
        given: dict[str, Any] = {
            "per_second": per_second,
            "per_minute": per_minute,
            "per_hour": per_hour,
            "per_day": per_day,
            "warm_up": warm_up,
            "warm_up_start": warm_up_start and warm_up_start.date(),
        }
        changed: dict[str, Any] = {
            name: None if value == 0 and name != "warm_up" else value
            for name, value in given.items()
            if value is not None
        }
        settings = replace(rows[0].settings if rows else Settings(), **changed)
        limit_settings.set_limit(key, settings=settings, by=output.ACTOR, now=now)
        (row,) = [row for row in limit_settings.overview(now=now) if row.key == key]
    if json:
        output.emit(_as_json(row))
    else:
        output.say(f"{row.kind}:{row.name} is limited: {_in_words(row)}.")


@app.command()
def remove(what: Key) -> None:
    """Remove a limit."""
    with output.problems():
        limit_settings.remove(what, by=output.ACTOR, now=output.clock())
        output.say("The limit was removed.")


def _number(value: float) -> str:
    """Thousands separated, and never as 1e+06."""
    return f"{value:,.10g}"


def _bounds(row: StoredLimit) -> list[float | None]:
    return [getattr(row.today, name) for name in PERIODS.values()]


def _in_words(row: StoredLimit) -> str:
    bounds = [
        f"{_number(value)} a {_period(seconds)}" for seconds, value in zip(PERIODS, _bounds(row), strict=True) if value
    ]
    if row.settings.warm_up:
        bounds.append(f"warm-up “{row.settings.warm_up}” from {row.settings.warm_up_start}")
    return ", ".join(bounds)


def _period(seconds: int) -> str:
    return PERIODS[seconds].removeprefix("per_")


def _as_json(row: StoredLimit) -> dict[str, Any]:
    return {
        "what": f"{row.kind}:{row.name}",
        "key": row.key,
        **asdict(row.settings),
        "today": asdict(row.today),
        "used": {_period(use.period): use.used for use in row.uses},
    }
