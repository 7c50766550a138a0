"""`newsletter dkim`: keys that sign our mail, and the DNS records that prove it."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from newsletter.conf import config
from newsletter.delivery.dkim import dns_check, signing_keys
from newsletter.delivery.dkim.dns_record import Published, RecordCheck
from newsletter.delivery.models import DkimKey
from newsletter.management.cli import output

app = typer.Typer(help="DKIM: keys that sign your mail.", no_args_is_help=True)

Domain = Annotated[str, typer.Argument(metavar="DOMAIN", help="The domain of the sender's address.")]


class Kind(StrEnum):
    """Which keys to make."""

    BOTH = "both"
    RSA = "rsa"
    ED25519 = "ed25519"

    @property
    def algorithms(self) -> tuple[DkimKey.Algorithm, ...]:
        return signing_keys.BOTH if self is Kind.BOTH else (DkimKey.Algorithm(self.value),)


@app.command()
def create(
    domain: Domain,
    selector: Annotated[str, typer.Option(help="Name of the key; today's date by default.")] = "",
    algorithm: Annotated[Kind, typer.Option(help="All receivers know RSA; Ed25519 is added alongside it.")] = Kind.BOTH,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Replace the present keys once DNS shows the new ones.")
    ] = False,
    as_json: output.Json = False,
) -> None:
    """Make keys for a domain and print the DNS records to publish. The first ones sign at once.

    With --rotate the present keys go on signing until `newsletter dkim check` has seen the new records.
    """
    with output.problems():
        keys = signing_keys.create(
            domain,
            message_key=config().message_key,
            by=output.ACTOR,
            now=output.clock(),
            algorithms=algorithm.algorithms,
            selector=selector,
            rotate=rotate,
        )
    _show(keys, as_json=as_json)
    name = keys[0].domain
    if keys[0].active_from is None:
        output.say(
            f"Publish these. They sign once `newsletter dkim check {name}` has seen them; until then the old keys do."
        )
    else:
        output.say(f"Mail from {name} is signed from now on; receivers believe it once these records are published.")
        output.say(f"Publish them, then run: newsletter dkim check {name}")


@app.command()
def show(
    domain: Annotated[str, typer.Argument(metavar="[DOMAIN]", help="All domains if none is given.")] = "",
    as_json: output.Json = False,
) -> None:
    """Print the keys and the DNS record of each that is in use. Private keys are never shown."""
    with output.problems():
        keys = signing_keys.keys_of(domain)
    if not keys:
        output.say(f"No DKIM keys. Make some: newsletter dkim create {domain or 'DOMAIN'}")
    _show(keys, as_json=as_json)


@app.command()
def check(
    domain: Domain,
    nameserver: Annotated[
        str, typer.Option(metavar="IP[:PORT]", help="Ask this server, such as the domain's own, and bypass caches.")
    ] = "",
    sign_now: Annotated[
        bool, typer.Option("--sign-now", help="Let waiting keys sign, even if DNS does not show them from here.")
    ] = False,
    as_json: output.Json = False,
) -> None:
    """Ask DNS for the record of each key: published, missing or different, and what to do.

    A new key that is published signs from then on. Exits 1 unless all are published.
    """
    with output.problems():
        found = signing_keys.check(
            domain,
            resolver=dns_check.resolver(nameserver),
            by=output.ACTOR,
            now=output.clock(),
            sign_now=sign_now,
        )
    keys = [key for key, _ in found]
    if as_json:
        output.emit([_as_json(key, keys) | _finding(finding) for key, finding in found])
    else:
        rows = [[str(key), _use(key, keys), finding.published.value] for key, finding in found]
        output.table(["record", "use", "DNS"], rows)
        for _, finding in found:
            if finding.advice:
                output.say(finding.advice)
    if any(finding.published is not Published.EQUAL for _, finding in found):
        raise typer.Exit(1)


@app.command()
def retire(
    domain: Domain,
    selector: Annotated[str, typer.Argument(help="Name of the key.")],
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Even the last one: mail of this domain is then not signed here.")
    ] = False,
    as_json: output.Json = False,
) -> None:
    """Stop signing with a key, and delete its private half. Mail that is on its way still needs its record."""
    with output.problems():
        key = signing_keys.retire(domain, selector, by=output.ACTOR, now=output.clock(), unsigned=unsigned)
    if as_json:
        output.emit(_as_json(key, []))
    else:
        output.say(f"{key.selector} is retired. Mail that is on its way still needs its record:")
        output.say(f"leave {key} in DNS for a week, then remove it.")


def _show(keys: list[DkimKey], *, as_json: bool) -> None:
    if as_json:
        output.emit([_as_json(key, keys) for key in keys])
        return
    for key in keys:
        record = signing_keys.record_of(key)
        typer.echo(f"{key.get_algorithm_display()} key {key.selector} of {key.domain}: {_use(key, keys)}")
        if key.retired_at is None:
            # Never wrapped: these lines are copied.
            typer.echo(f"  TXT record  {record.name}")
            typer.echo(f"  value       {record.text}")
            typer.echo(f"  zone file   {record.zone_line}")
        typer.echo()


def _use(key: DkimKey, keys: list[DkimKey]) -> str:
    if key.retired_at is not None:
        return "retired"
    if key.active_from is None:
        return "waits for its DNS record"
    mates = [other for other in keys if other.domain == key.domain]
    return "signs" if key in signing_keys.signing(mates) else "replaced; retire it when the mail it signed has arrived"


def _as_json(key: DkimKey, keys: list[DkimKey]) -> dict[str, Any]:
    record = signing_keys.record_of(key)
    return {
        "domain": key.domain,
        "selector": key.selector,
        "algorithm": key.algorithm,
        "signs": _use(key, keys) == "signs",
        "name": record.name,
        "text": record.text,
        "strings": record.strings,
        "created_at": key.created_at,
        "active_from": key.active_from,
        "retired_at": key.retired_at,
    }


def _finding(finding: RecordCheck) -> dict[str, str]:
    return {"published": finding.published.value, "advice": finding.advice}
