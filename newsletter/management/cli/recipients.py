"""Who got an issue, who did not, and why: the commands `deliveries list`, `show`, `export`."""

import json as json_
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from newsletter.delivery.ledger import queries
from newsletter.delivery.progress import recipient_search, recipients
from newsletter.delivery.replies.classification import Kind
from newsletter.errors import InvalidInput, UserError
from newsletter.issues import queries as issues
from newsletter.management.cli import holds, output
from newsletter.staff import services as staff

app = typer.Typer(help="Who got an issue, who did not, and why.", no_args_is_help=True)
app.command("release-hold")(holds.release_hold)

Number = Annotated[int, typer.Argument(metavar="ISSUE", help="Id of the issue; `issues list` shows it.")]
State = Annotated[
    str,
    typer.Option(
        "--state",
        metavar="STATE",
        help="pending, accepted, deferred, refused, uncertain, withdrawn, expired or all; else all not accepted.",
    ),
]
Code = Annotated[
    str, typer.Option("--code", metavar="CODE", help="Only this reply code: 550, or the beginning of 5.7.1.")
]
KindOption = Annotated[
    str, typer.Option("--kind", metavar="KIND", help=f"Only where the last reply was about: {', '.join(sorted(Kind))}.")
]
Domain = Annotated[str, typer.Option("--domain", metavar="DOMAIN", help="Only addresses of this domain.")]


@app.command("list")
def list_deliveries(
    issue: Number,
    state: State = "",
    kind: KindOption = "",
    code: Code = "",
    domain: Domain = "",
    after: Annotated[int, typer.Option(help="Start after this recipient's number.")] = 0,
    limit: Annotated[int, typer.Option(parser=output.how_many, metavar="N", help="How many to list, at most.")] = 100,
    json: output.Json = False,
) -> None:
    """List recipients with what became of their mail, in the order of their numbers."""
    with output.problems():
        issues.get_issue(issue)
        chosen = _filter(state=state, kind=kind, code=code, domain=domain)
        page = recipient_search.page(issue, chosen.wanted(), after=after, limit=limit)
        rows = [_as_json(row) for row in recipients.described(page.rows, with_addresses=True)]
    if json:
        output.emit({"issue": issue, "deliveries": rows, "after": page.after})
        return
    columns = ("recipient", "email", "state", "tries", "kind", "code", "enhanced", "reply")
    output.table([name.upper() for name in columns], [[row[name] for name in columns] for row in rows])
    if page.after is not None:
        output.say(f"There may be more: --after {page.after}")


@app.command()
def show(
    issue: Number,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Exactly as the recipient gave it.")],
    json: output.Json = False,
) -> None:
    """Show what became of one recipient's mail, and every try that was not plainly accepted."""
    with output.problems():
        issues.get_issue(issue)
        subscriber = recipients.find(issue, address)
        found = recipient_search.of_subscriber(issue, subscriber)
        row = _as_json(recipients.described([found] if found else [], with_addresses=True)[0])
    tries = [
        {
            "at": t.at.isoformat(),
            "state": t.state,
            "phase": t.phase,
            "kind": t.kind,
            "code": t.code,
            "enhanced": t.enhanced,
            "reply": t.reply,
        }
        for t in queries.attempts(issue, subscriber)
    ]
    if json:
        output.emit({"issue": issue, **row, "attempts": tries})
        return
    output.table(("", ""), list(row.items()))
    if tries:
        output.table([name.upper() for name in tries[0]], [list(attempt.values()) for attempt in tries])


@app.command()
def export(
    issue: Number,
    state: State = "",
    kind: KindOption = "",
    code: Code = "",
    domain: Domain = "",
    out: Annotated[Path | None, typer.Option(help="File to write; else it goes to standard output.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line instead of CSV.")] = False,
) -> None:
    """Write recipients as CSV, safe to open in a spreadsheet. The audit log records it."""
    with output.problems():
        issues.get_issue(issue)
        chosen = _filter(state=state, kind=kind, code=code, domain=domain)
        lines = _json_lines(issue, chosen) if json else recipients.csv(issue, chosen.wanted(), with_addresses=True)
        staff.record(
            actor=output.ACTOR,
            action="issue.recipients-export",
            subject=f"issue:{issue}",
            now=output.clock(),
            detail={"addresses": True, **asdict(chosen)},
        )
        if out is None:
            stream = typer.get_text_stream("stdout", encoding="utf-8")
            for line in lines:
                stream.write(line.lstrip("\ufeff"))
            return
        count = _write(out, lines) - (not json)  # the header is nobody
    output.say(f"Wrote {count:,} recipients to {out}. It contains addresses: keep it as safe as a password.")


def _filter(*, state: str, kind: str, code: str, domain: str) -> recipients.Filter:
    """The filter of the page, which leaves out what it does not know; here that is a mistake."""
    chosen = recipients.chosen({"state": state, "kind": kind, "code": code, "domain": domain}, may_see_addresses=True)
    if chosen.state != state:
        raise InvalidInput(
            f"There is no state “{state}”. `newsletter deliveries list --help` names them.", field="--state"
        )
    if chosen.kind != kind:
        raise InvalidInput(f"“{kind}” is not one of {', '.join(sorted(Kind))}.", field="--kind")
    if chosen.code != code.strip():
        raise InvalidInput(f"“{code}” is no reply code. Write one such as 550 or 5.7.1.", field="--code")
    return chosen


def _json_lines(issue: int, chosen: recipients.Filter) -> Iterator[str]:
    for portion in recipient_search.stream(issue, chosen.wanted()):
        for row in recipients.described(portion, with_addresses=True):
            yield json_.dumps(_as_json(row), ensure_ascii=False) + "\n"


def _as_json(row: recipients.Recipient) -> dict[str, Any]:
    return {"email": row.address, **recipients.as_values(row)}


def _write(target: Path, lines: Iterator[str]) -> int:
    """Into a file that only its owner may read, whole or not at all; how many lines."""
    partial, count = target.with_name(target.name + ".partial"), 0
    try:
        with os.fdopen(
            os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8", newline=""
        ) as file:
            for line in lines:
                file.write(line)
                count += 1
        partial.replace(target)
    except OSError as error:
        raise UserError(f"{target} cannot be written: {error.strerror}. Nothing was kept.") from error
    finally:
        partial.unlink(missing_ok=True)
    return count
