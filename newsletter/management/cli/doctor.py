"""`newsletter doctor`: what works, what is still to do, what has failed, and what to do about it."""

import os
import shutil
import ssl
import stat
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer
from django.db import DatabaseError, connection
from rich.console import Console

from newsletter.conf import Config, config
from newsletter.delivery.carrier import Phase
from newsletter.delivery.models import Transport
from newsletter.delivery.servers import carrier_registry, server_health, server_settings
from newsletter.delivery.smtp import encryption_policy, probe
from newsletter.errors import UserError
from newsletter.management.cli import output
from newsletter.project import privacy, schema

app = typer.Typer(help="Checks of the installation.")

HTTP_SECONDS = 10.0
CLOCK_DRIFT_SECONDS = 5.0
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock before this was never set."""
LEAST_FREE = 500_000_000
"""Bytes; below this the journal or the database may soon find no room."""
SHOWN = 8
"""Files that are named before the others are counted."""
KEY_NAMES = ("secret.key", "tokens.key", "addresses.key", "messages.key")


class Health(StrEnum):
    """How one thing is."""

    OK = "ok"
    TO_DO = "to do"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the doctor's."""

    name: str
    health: Health
    text: str
    """What was found and, unless ok, what to do."""


_MARKS = {Health.OK: ("✓", "green"), Health.TO_DO: ("○", "yellow"), Health.FAILED: ("✗", "red")}


@app.command()
def doctor(json: output.Json = False) -> None:
    """Check the database, keys, mail server, clock, public address, DKIM and what waits to be sent.

    Exits 1 only when something has failed; what is still to do is shown, and fine for now.
    """
    findings = examine(config(), now=output.clock())
    failed = any(f.health is Health.FAILED for f in findings)
    if json:
        output.emit({"ok": not failed, "findings": [asdict(f) for f in findings]})
    else:
        console = Console(highlight=False)
        width = max(len(found.name) for found in findings)
        for found in findings:
            mark, colour = _MARKS[found.health]
            console.print(f"[{colour}]{mark} {found.health.value:<6}[/] [bold]{found.name:<{width}}[/] ", end="")
            console.print(found.text, markup=False, soft_wrap=True)
    if failed:
        raise typer.Exit(1)


def examine(settings: Config, *, now: datetime) -> list[Finding]:
    """Every check in order; those that need the tables are left out when there are none."""
    findings = [database(), keys(settings.data_dir)]
    usable = findings[0].health is Health.OK
    findings += [
        folders(settings.data_dir),
        modes(settings.data_dir),
        disk(settings.data_dir),
    ]
    findings += [clock(settings, now=now, ask_database=usable)]
    findings += [*mail_servers(settings, ask_database=usable), public_address(settings)]
    return [*findings, signatures(), outbox(now=now), hold(), alarms()] if usable else findings


def _ok(name: str, text: str) -> Finding:
    return Finding(name=name, health=Health.OK, text=text)


def _to_do(name: str, text: str) -> Finding:
    return Finding(name=name, health=Health.TO_DO, text=text)


def _failed(name: str, text: str) -> Finding:
    return Finding(name=name, health=Health.FAILED, text=text)


def database() -> Finding:
    """Reachable, of this version, and on SQLite in WAL mode."""
    name = "Database"
    if not _is_there():
        return _failed(name, "It is not there yet. Run `newsletter init --admin you@example.org`.")
    try:
        found = schema.fit()
    except DatabaseError as error:
        return _failed(name, f"Cannot be reached: {_line(error)}. Check NEWSLETTER_DATABASE_URL and the server.")
    advice = {
        schema.Fit.EMPTY: "It is empty. Run `newsletter init --admin you@example.org`.",
        schema.Fit.OLDER: "It is older than this version. Stop every process and run `newsletter upgrade`.",
        schema.Fit.NEWER: "It was made by a newer version. Install that version again.",
    }
    if found in advice:
        return _failed(name, advice[found])
    if connection.vendor != "sqlite":
        return _ok(name, "PostgreSQL answers and has this version's tables.")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        mode = str(cursor.fetchone()[0])
    if mode != "wal":
        return _failed(name, f"SQLite is in {mode} mode, not WAL. Is the folder on a network drive? Use a local disk.")
    return _ok(name, "SQLite answers (WAL) and has this version's tables.")


def _is_there() -> bool:
    """False for an SQLite file that was never made; a folder that hides whether it was, is another matter."""
    if connection.vendor != "sqlite" or "memory" in str(connection.settings_dict["NAME"]):
        return True
    file = Path(connection.settings_dict["NAME"])
    nearest = next(folder for folder in file.parents if os.path.lexists(folder))
    return os.path.lexists(file) or not os.access(nearest, os.X_OK)


def keys(data_dir: Path) -> Finding:
    """All key files are there and only their owner may read them."""
    name = "Keys"
    folder = data_dir / "keys"
    missing = [n for n in KEY_NAMES if not (folder / n).is_file()]
    if len(missing) == len(KEY_NAMES):
        return _failed(name, "There are none. Run `newsletter init --admin you@example.org`.")
    if missing:
        return _failed(
            name,
            f"{', '.join(missing)} is missing from {folder}. Restore it from your backup: without it, links that "
            "were mailed or addresses that were stored can no longer be read.",
        )
    loose = [n for n in KEY_NAMES if stat.S_IMODE((folder / n).stat().st_mode) & 0o077]
    if loose:
        return _failed(name, f"Others may read {', '.join(loose)}. Run: chmod 600 {folder}/*.key")
    return _ok(name, f"All four are in {folder}, readable by their owner only. Keep a copy apart from the database's.")


def modes(data_dir: Path) -> Finding:
    """Nobody else on this machine may look into what holds people's addresses: not the folder, nor any file in it."""
    name = "Privacy of files"
    found = list(privacy.open_ones(data_dir))
    if not found:
        return _ok(name, f"Only this user may look into {data_dir}.")
    shown = ", ".join(str(path) for path in found[:SHOWN]) + (
        f" and {len(found) - SHOWN:,} more" * (len(found) > SHOWN)
    )
    what_to_do = f"Run: chmod -R go= {data_dir}"
    if found[0] == data_dir:
        return _failed(name, f"Others on this machine may look into {shown}. {what_to_do}")
    # Copies keep the modes of what they are made of.
    return _to_do(name, f"Nobody else gets into {data_dir}, but in a copy of it others may read {shown}. {what_to_do}")


def folders(data_dir: Path) -> Finding:
    """What must be written to can be written to; the journal above all."""
    name = "Folders"
    for folder in (data_dir, data_dir / "journal", data_dir / "media"):
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
            return _failed(name, f"{folder} cannot be written. Give it to the user that runs Newsletter.")
    if not data_dir.exists():
        return _failed(name, f"{data_dir} is not there. Run `newsletter init --admin you@example.org`.")
    return _ok(name, f"{data_dir} can be written, and so can the journal.")


def disk(data_dir: Path) -> Finding:
    """Room enough for the database and the journal."""
    name = "Disk"
    place = next(p for p in (data_dir, *data_dir.parents) if p.exists())
    free = shutil.disk_usage(place).free
    text = f"{free / 1e9:.1f} GB free at {place}."
    if free < LEAST_FREE:
        return _failed(name, f"Only {text} Make room before the next issue: sending stops when the disk is full.")
    return _ok(name, text)


def clock(settings: Config, *, now: datetime, ask_database: bool) -> Finding:
    """The time is sane, and the database's agrees with ours."""
    name = "Clock"
    here = now.astimezone(ZoneInfo(settings.time_zone))
    if now < EARLIEST:
        return _failed(
            name, f"This machine believes it is {here:%Y-%m-%d %H:%M}. Set its clock, and keep it right with NTP."
        )
    if ask_database and connection.vendor == "postgresql":
        before = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")
            theirs: datetime = cursor.fetchone()[0]
        drift = abs((theirs - datetime.now(UTC)).total_seconds()) - (time.monotonic() - before)
        if drift > CLOCK_DRIFT_SECONDS:
            return _failed(name, f"The database's clock is {drift:.0f} s away from ours. Keep both right with NTP.")
    return _ok(name, f"It is {here:%Y-%m-%d %H:%M} in {settings.time_zone}.")


def mail_servers(settings: Config, *, ask_database: bool) -> list[Finding]:
    """Each one in use: reachable, encrypted, and our name and password are right. Asked, but nothing is sent."""
    rows = server_health.every(settings) if ask_database else [server_health.followed(settings)]
    used = [row for row in rows if row.enabled and (row.host or (row.last_error and settings.smtp_url))]
    if not used:
        return [
            _to_do(
                "Mail server",
                "None is set, so nothing is sent yet. Set NEWSLETTER_SMTP_URL=smtp://user:password@host:587?tls=starttls"
                " or add one: newsletter transports add --help",
            )
        ]
    found = [_mail_server(row, settings) for row in used]
    for publication in server_settings.unserved(settings) if ask_database else []:
        text = (
            f"None is set for the newsletter “{publication}”, so its mail waits. Run: newsletter transports edit --help"
        )
        found.append(_failed("Mail server", text))
    return found


def _mail_server(row: Transport, settings: Config) -> Finding:
    name = "Mail server" if row.name == server_health.DEFAULT else f"Mail server {row.name}"
    if not row.host:
        return _failed(name, row.last_error)
    try:
        way = carrier_registry.way_out(row, settings).settings
    except UserError as error:
        return _failed(name, str(error))
    report = probe.run(way, ehlo_name=settings.ehlo_name)
    if not report.ok:
        advice = _smtp_advice(report, kept_in=way.kept_in)
        return _failed(name, f"{advice} {_to_decide(row, kept_in=way.kept_in)}".strip())
    how = {"starttls": "encrypted with STARTTLS", "implicit": "encrypted", "none": "NOT encrypted"}[way.tls]
    how += f" ({report.tls_version})" if report.tls_version else ""
    who = f"signed in as {way.user}" if way.user else "without a password"
    offers = ", ".join(report.capabilities) or "nothing more"
    text = f"{way.host}:{way.port} answers, {how}, {who}; offers {offers}."
    if to_decide := _to_decide(row, kept_in=way.kept_in):
        return _failed(name, f"{text} {to_decide}")
    state = server_health.state(row)
    if state is server_health.State.PAUSED:
        why = f" ({_line(row.paused_reason)})" if row.paused_reason else ""
        return _failed(name, f"{text} But it is paused{why}. Run: newsletter transports resume {row.name}")
    if state is server_health.State.SLEEPING:
        why = f" ({_line(row.last_error)})" if row.last_error else ""
        return _failed(
            name,
            f"{text} But it failed recently{why}, and gets no mail until a worker has tried it again. "
            f"A worker does so by itself; to do it now: newsletter transports resume {row.name}",
        )
    return _ok(name, text)


def _to_decide(row: Transport, *, kept_in: str) -> str:
    """What a person must decide about a server without encryption; empty of any other."""
    if not server_health.is_undecided(row):
        return ""
    text = (
        "Without encryption others on the way can read the mail, and nobody has accepted that. "
        f"Ask for TLS in {kept_in}"
    )
    if encryption_policy.reach(row.host) is encryption_policy.Reach.PUBLIC:
        return f"{text}: over the internet nothing else is possible."
    accept = f"newsletter transports edit {row.name} --accept-clear {row.host}"
    return f"{text}, or accept it for a server in your own network: {accept}"


def _smtp_advice(report: probe.Report, *, kept_in: str) -> str:
    said = _line(report.problem)
    if report.phase is Phase.AUTH:
        escapes = "; in a password write / as %2F, @ as %40, : as %3A" if kept_in.startswith("NEWSLETTER_") else ""
        return (
            f"It refuses the user name and password: {said}. Put the right ones into {kept_in}{escapes}. "
            "Some providers want a password made for this program only. Deliveries wait; nothing is lost."
        )
    if report.phase is Phase.STARTTLS:
        return (
            f"No safe connection: {said}. Nothing is sent in clear. Ask the provider for the right host name and port "
            "(587 with STARTTLS, or TLS from the start on 465); its certificate must be valid for that name."
        )
    if report.phase is Phase.CONNECT and report.permanent:  # it is there, and we may not send to it
        return f"{said}."
    if report.phase in {Phase.CONNECT, Phase.GREETING}:
        return f"It cannot be reached: {said}. Check host and port in {kept_in}, and the firewall."
    return f"It answers, but not as it should ({report.phase}): {said}. Ask whoever runs it."


def public_address(settings: Config) -> Finding:
    """Readers' links lead here: the address answers, over https, and it is us."""
    name = "Public address"
    url = settings.base_url
    if settings.is_loopback:
        return _to_do(
            name,
            f"{url} works on this machine only, so links in mail would lead nowhere. "
            "Set NEWSLETTER_BASE_URL=https://news.example.org, with your own name.",
        )
    if not url.startswith("https://"):
        return _failed(name, f"{url} is not https. Get a certificate and write https:// in NEWSLETTER_BASE_URL.")
    return _answers(name, url)


def _answers(name: str, url: str, *, open_url: Callable[..., Any] = urllib.request.urlopen) -> Finding:
    try:
        with open_url(f"{url}/healthz", timeout=HTTP_SECONDS) as answer:
            status, body = int(answer.status), answer.read(200).decode("ascii", "replace").strip()
    except urllib.error.HTTPError as error:
        return _failed(name, f"{url} answers, but with {error.code}: it is not this server. Check the proxy's rules.")
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLError):
            return _failed(name, f"{url} has no valid certificate: {_line(reason)}. Renew it.")
        return _failed(
            name,
            f"{url} does not answer from here: {_line(reason)}. Is `newsletter run` running, "
            "does the name lead to this machine, and does the proxy pass requests on?",
        )
    if status != 200 or body != "ok":
        return _failed(name, f"Something else answers at {url}. Check where the name leads.")
    return _ok(name, f"{url} answers.")


def signatures(nameserver: str = "") -> Finding:
    """The DKIM keys can be used, and DNS shows them."""
    from newsletter.delivery.dkim import dns_check, signing_keys

    name = "DKIM"
    domains = signing_keys.domains()
    if not domains:
        return _ok(name, "No keys: your mail server signs, or nobody does. To sign here: newsletter dkim create DOMAIN")
    try:
        resolver = dns_check.resolver(nameserver)
        for domain in domains:
            signing_keys.signer_for(domain, message_key=config().message_key)
    except UserError as error:
        return _failed(name, str(error))
    keys = [key for key in signing_keys.keys_of() if key.retired_at is None]
    for key in keys:
        finding = dns_check.look_up(signing_keys.record_of(key), resolver=resolver)
        if finding.advice:
            return _failed(name, f"{finding.advice} See: newsletter dkim check {key.domain}")
    for key in keys:
        if key.active_from is None:
            return _to_do(name, f"{key} is published and may sign now: newsletter dkim check {key.domain}")
    return _ok(name, f"{len(keys)} keys are published correctly.")


def outbox(*, now: datetime) -> Finding:
    """Single mails of our own that wait, or failed lately."""
    from newsletter.delivery.models import OutboxMail

    name = "Outbox"
    state = OutboxMail.State
    waiting = OutboxMail.objects.filter(state__in=[state.WAITING, state.HELD]).order_by("created_at")
    failed = OutboxMail.objects.filter(state__in=[state.REFUSED, state.EXPIRED, state.UNCERTAIN]).count()
    count, oldest = waiting.count(), waiting.first()
    tail = (
        f" {failed:,} earlier could not be handed over; the newsroom shows what the mail server replied."
        if failed
        else ""
    )
    if oldest is None:
        return _ok(name, f"Nothing is waiting.{tail}")
    hours = (now - oldest.created_at).total_seconds() / 3600
    text = f"{count:,} single mails wait, the oldest for {hours:.1f} h.{tail}"
    if hours >= 1 and any(row.enabled and row.host for row in server_health.every(config())):
        return _failed(name, f"{text} Is `newsletter run` or `newsletter worker` running?")
    return _to_do(name, f"{text} They go out once a mail server is set and a worker runs.")


def hold() -> Finding:
    """The database may send: it is no copy, and knows what was sent."""
    from newsletter.delivery.control import restore_guard

    _, why = restore_guard.look()
    return _failed("Hold", why) if why else _ok("Hold", "Nothing is held.")


def alarms() -> Finding:
    """What sending has told the staff and nobody has settled."""
    from newsletter.delivery.control import restore_guard
    from newsletter.delivery.models import Alarm

    # A hold has a line of its own.
    standing = Alarm.objects.filter(settled_at__isnull=True).exclude(key=restore_guard.ALARM)
    texts = list(standing.values_list("text", flat=True)[:3])
    if texts:
        return _failed("Sending", " ".join(texts))
    return _ok("Sending", "No open alarm.")


def _line(error: object) -> str:
    """The first line of an error, without a final dot."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
