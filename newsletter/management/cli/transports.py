"""`newsletter transports`: the mail servers that mail leaves by."""

import sys
from dataclasses import replace
from typing import Annotated, Any

import typer

from newsletter.conf import config
from newsletter.delivery.models import Transport
from newsletter.delivery.servers import (
    carrier_registry,
    server_alarms,
    server_health,
    server_settings,
    server_state,
    stored_servers,
)
from newsletter.delivery.servers.server_settings import StoredSettings
from newsletter.delivery.smtp import probe
from newsletter.errors import InvalidInput
from newsletter.issues import queries
from newsletter.management.cli import output
from newsletter.project import environment

app = typer.Typer(help="Mail servers that send your mail: add, edit, test, pause.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Its name; `default` is the one that follows NEWSLETTER_SMTP_URL.")]
Host = Annotated[str | None, typer.Option(help="Name or address of the server.")]
Port = Annotated[int | None, typer.Option(help="Port; 587 for starttls, 465 for implicit, 25 for none by default.")]
User = Annotated[str | None, typer.Option(help="User to sign in as; '' for none.")]
Tls = Annotated[str | None, typer.Option(help="starttls, implicit, or none (never over the internet).")]
AcceptClear = Annotated[
    str | None,
    typer.Option(metavar="HOST", help="Accept that mail to this host in your own network travels without encryption."),
]
Auth = Annotated[str | None, typer.Option(help="auto, plain, login, cram-md5 or xoauth2 (an access token).")]
PasswordFrom = Annotated[
    str | None,
    typer.Option(metavar="prompt|stdin|env:NAME", help="Where the password is read from: never from the command line."),
]
Connections = Annotated[
    int | None, typer.Option(help="Connections at most, shared by the delivery processes of one command; 5 by default.")
]
Messages = Annotated[int | None, typer.Option(help="Messages per connection, at most; 100 by default.")]
Seconds = Annotated[int | None, typer.Option(help="Seconds per connection, at most; 300 by default.")]
MaxBytes = Annotated[int | None, typer.Option(help="Bytes of one message, at most; 0: the server's own limit.")]
Role = Annotated[str | None, typer.Option(help="primary, overflow (when those are full) or fallback (when all fail).")]
Weight = Annotated[int | None, typer.Option(help="Share among the servers of its role; 1 by default.")]
For = Annotated[
    list[str] | None, typer.Option("--for", help="Short name of a newsletter it carries, once for each; `all` for all.")
]
Enabled = Annotated[bool | None, typer.Option("--enabled/--disabled", help="Whether mail goes out through it.")]


@app.command("list")
def list_transports(json: output.Json = False) -> None:
    """List mail servers and their state."""
    rows = [_told(row) for row in stored_servers.every(config())]
    if json:
        output.emit(rows)
    elif rows:
        columns = ("name", "server", "tls", "role", "weight", "for", "state", "why")
        output.table(columns, [[row[column] for column in columns] for row in rows])
    else:
        output.say("No mail server yet. Add one: newsletter transports add --help")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="A name for it: small letters, digits and hyphens.")],
    host: Annotated[str, typer.Option(help="Name or address of the server.")],
    port: Port = None,
    user: User = None,
    password_from: PasswordFrom = None,
    tls: Tls = None,
    accept_clear: AcceptClear = None,
    auth: Auth = None,
    connections: Connections = None,
    messages: Messages = None,
    seconds: Seconds = None,
    max_bytes: MaxBytes = None,
    role: Role = None,
    weight: Weight = None,
    carries: For = None,
    enabled: Enabled = None,
    json: output.Json = False,
) -> None:
    """Add a mail server. Running workers start to use it without a restart."""
    given = {"host": host, "port": port, "user": user, "tls": tls, "auth": auth, "max_connections": connections}
    given |= {"messages_per_connection": messages, "seconds_per_connection": seconds, "max_bytes": max_bytes}
    given |= {"role": role, "weight": weight, "enabled": enabled, "clear_accepted": accept_clear}
    source = password_from or ("prompt" if user else None)
    with output.problems():
        settings = _changed(StoredSettings(), given, carries=carries, password_from=source)
        now = output.clock()
        row = server_settings.create(name, settings=settings, config=config(), by=output.ACTOR, now=now)
    _show(row, f"Mail server {row.name} was added. Test it: newsletter transports test {row.name}", json=json)


@app.command()
def edit(
    name: Name,
    host: Host = None,
    port: Port = None,
    user: User = None,
    password_from: PasswordFrom = None,
    tls: Tls = None,
    accept_clear: AcceptClear = None,
    auth: Auth = None,
    connections: Connections = None,
    messages: Messages = None,
    seconds: Seconds = None,
    max_bytes: MaxBytes = None,
    role: Role = None,
    weight: Weight = None,
    carries: For = None,
    enabled: Enabled = None,
    json: output.Json = False,
) -> None:
    """Change a mail server. What you leave out, the password too, stays as it is."""
    given = {"host": host, "port": port, "user": user, "tls": tls, "auth": auth, "max_connections": connections}
    if name == stored_servers.DEFAULT and (password_from or any(value is not None for value in given.values())):
        raise typer.BadParameter("The connection of `default` is set by NEWSLETTER_SMTP_URL.", param_hint="NAME")
    given |= {"messages_per_connection": messages, "seconds_per_connection": seconds, "max_bytes": max_bytes}
    given |= {"role": role, "weight": weight, "enabled": enabled, "clear_accepted": accept_clear}
    with output.problems():
        settings = server_settings.settings_of(stored_servers.get(name, config()))
        if tls is not None and port is None and settings.port == server_settings.PORTS[settings.tls]:
            settings = replace(settings, port=0)
        settings = _changed(settings, given, carries=carries, password_from=password_from)
        row = server_settings.edit(name, settings=settings, config=config(), by=output.ACTOR, now=output.clock())
    _show(row, f"Mail server {row.name} was changed.", json=json)


@app.command()
def remove(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    json: output.Json = False,
) -> None:
    """Remove a mail server and its password; refused while it is the only one in use."""
    with output.problems():
        stored_servers.get(name, config())
        if not yes:
            output.confirm(f"Remove the mail server {name} and its password?", json=json)
        server_settings.remove(name, config=config(), by=output.ACTOR, now=output.clock())
    if json:
        output.emit({"name": name, "removed": True})
    else:
        output.say(f"Mail server {name} was removed.")


@app.command()
def pause(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why, for the team.")] = "",
    json: output.Json = False,
) -> None:
    """Send nothing through a server until it is resumed; mail being handed over is finished."""
    with output.problems():
        stored_servers.get(name, config())
        server_health.pause(name, by=output.ACTOR, now=output.clock(), reason=reason)
        row = stored_servers.get(name, config())
    _show(row, f"Nothing more goes out through {name}. To resume: newsletter transports resume {name}", json=json)


@app.command()
def resume(name: Name, json: output.Json = False) -> None:
    """Use a paused or failing mail server again."""
    with output.problems():
        server_health.resume(name, by=output.ACTOR, now=output.clock())
        row = stored_servers.get(name, config())
    _show(row, f"Mail server {name} is being used again.", json=json)


@app.command("test")
def try_it(name: Name = stored_servers.DEFAULT, json: output.Json = False) -> None:
    """Connect, encrypt, sign in, leave; nothing is sent. Exits 1 if that fails."""
    with output.problems():
        row = stored_servers.get(name, config())
        if not row.host:
            raise InvalidInput(row.last_error or "NEWSLETTER_SMTP_URL is not set, so there is nothing to test.")
        report = probe.run(carrier_registry.carrier_settings_of(row, config()).settings, ehlo_name=config().ehlo_name)
        server_health.tested(name, problem=report.problem, config=config(), now=output.clock())
    steps = {step.value: result.value for step, result in report.steps}
    if json:
        found = {"name": name, "ok": report.ok, "steps": steps, "problem": report.problem, "tls": report.tls_version}
        output.emit({**found, "mechanism": report.mechanism, "capabilities": report.capabilities})
    else:
        output.table(("step", "outcome"), list(steps.items()))
        more = ", ".join(filter(None, [report.tls_version, report.mechanism, *report.capabilities]))
        output.say(report.problem or f"It works; nothing was sent. {more}")
    if not report.ok:
        raise typer.Exit(1)


def _changed(
    settings: StoredSettings, given: dict[str, Any], *, carries: list[str] | None, password_from: str | None
) -> StoredSettings:
    """The settings with what was given on the command line. Raises InvalidInput, NotFound."""
    named = {name: value for name, value in given.items() if value is not None}
    if carries:
        publications = [] if carries == ["all"] else [queries.get_publication(slug).pk for slug in carries]
        named["serves"] = tuple(publications) or None
    return replace(settings, **named, password=_password(password_from))


def _password(source: str | None) -> str:
    """Never an argument: those are seen in the list of processes and kept in the shell's history."""
    if source is None:
        return ""
    if source == "prompt":
        return str(typer.prompt("Password", hide_input=True, err=True))
    if source == "stdin":
        return sys.stdin.readline().rstrip("\r\n")
    kind, _, name = source.partition(":")
    if kind != "env" or not name:
        raise typer.BadParameter("Write prompt, stdin or env:NAME.", param_hint="--password-from")
    found = environment.variable(name)
    if not found:
        raise typer.BadParameter(f"There is no environment variable {name}.", param_hint="--password-from")
    return found


def _told(row: Transport) -> dict[str, Any]:
    serves = server_settings.settings_of(row).serves
    slugs = "all" if serves is None else ", ".join(row.publications.values_list("slug", flat=True))
    state = server_state.state(row)
    why = {"paused": row.paused_reason, "sleeping": row.last_error, "unset": row.last_error}.get(state, "")
    why = why or str(server_alarms.undecided_words(row) or "")
    return {
        "name": row.name,
        "server": f"{row.host}:{row.port}" if row.host else "",
        "tls": row.tls,
        "clear_accepted": row.clear_accepted,
        "user": row.user,
        "auth": row.auth,
        "password": "stored" if row.secret else "",
        "role": row.role,
        "weight": row.weight,
        "for": slugs,
        "max_connections": row.max_connections,
        "messages_per_connection": row.messages_per_connection,
        "seconds_per_connection": row.seconds_per_connection,
        "max_bytes": row.max_bytes,
        "state": state.value,
        "sleeping_until": row.sleeping_until,
        "why": why,
    }


def _show(row: Transport, text: str, *, json: bool) -> None:
    if json:
        output.emit(_told(row))
    else:
        output.say(text)
