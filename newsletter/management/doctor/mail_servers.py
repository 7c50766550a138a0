"""Whether the mail servers in use answer, encrypt and take our name and password. Nothing is sent."""

from newsletter.conf import Config
from newsletter.delivery.carrier import Phase
from newsletter.delivery.models import Transport
from newsletter.delivery.servers import (
    carrier_registry,
    server_alarms,
    server_health,
    server_settings,
    server_state,
    stored_servers,
)
from newsletter.delivery.smtp import cleartext_policy, probe
from newsletter.errors import UserError
from newsletter.management.doctor.diagnosis import Diagnosis, failed, first_line, ok, to_do


def check(settings: Config, *, ask_database: bool) -> list[Diagnosis]:
    """Ask each mail server in use: reachable, encrypted, and our name and password are right."""
    rows = stored_servers.every(settings) if ask_database else [stored_servers.followed(settings)]
    used = [row for row in rows if row.enabled and (row.host or (row.last_error and settings.smtp_url))]
    if not used:
        return [
            to_do(
                "Mail server",
                "None is set, so nothing is sent yet. Set NEWSLETTER_SMTP_URL=smtp://user:password@host:587?tls=starttls"
                " or add one: newsletter transports add --help",
            )
        ]
    diagnoses = [_check(row, settings) for row in used]
    for publication in server_settings.unserved(settings) if ask_database else []:
        text = (
            f"None is set for the newsletter “{publication}”, so its mail waits. Run: newsletter transports edit --help"
        )
        diagnoses.append(failed("Mail server", text))
    return diagnoses


def _check(row: Transport, settings: Config) -> Diagnosis:
    name = "Mail server" if row.name == stored_servers.DEFAULT else f"Mail server {row.name}"
    if not row.host:
        return failed(name, row.last_error)
    try:
        way = carrier_registry.carrier_settings_of(row, settings).settings
    except UserError as error:
        return failed(name, str(error))
    report = probe.run(way, ehlo_name=settings.ehlo_name)
    if not report.ok:
        advice = _smtp_advice(report, kept_in=way.kept_in)
        return failed(name, f"{advice} {_to_decide(row, kept_in=way.kept_in)}".strip())
    how = {"starttls": "encrypted with STARTTLS", "implicit": "encrypted", "none": "NOT encrypted"}[way.tls]
    how += f" ({report.tls_version})" if report.tls_version else ""
    who = f"signed in as {way.user}" if way.user else "without a password"
    offers = ", ".join(report.capabilities) or "nothing more"
    text = f"{way.host}:{way.port} answers, {how}, {who}; offers {offers}."
    if to_decide := _to_decide(row, kept_in=way.kept_in):
        return failed(name, f"{text} {to_decide}")
    state = server_state.state(row)
    if state is server_health.State.PAUSED:
        why = f" ({first_line(row.paused_reason)})" if row.paused_reason else ""
        return failed(name, f"{text} But it is paused{why}. Run: newsletter transports resume {row.name}")
    if state is server_health.State.SLEEPING:
        why = f" ({first_line(row.last_error)})" if row.last_error else ""
        return failed(
            name,
            f"{text} But it failed recently{why}, and gets no mail until a worker has tried it again. "
            f"A worker does so by itself; to do it now: newsletter transports resume {row.name}",
        )
    return ok(name, text)


def _to_decide(row: Transport, *, kept_in: str) -> str:
    """What somebody must decide about a server without encryption; "" for any other server."""
    if not server_alarms.is_undecided(row):
        return ""
    text = (
        "Without encryption others on the way can read the mail, and nobody has accepted that. "
        f"Ask for TLS in {kept_in}"
    )
    if cleartext_policy.reach(row.host) is cleartext_policy.Reach.PUBLIC:
        return f"{text}: over the internet nothing else is possible."
    accept = f"newsletter transports edit {row.name} --accept-clear {row.host}"
    return f"{text}, or accept it for a server in your own network: {accept}"


def _smtp_advice(report: probe.Report, *, kept_in: str) -> str:
    said = first_line(report.problem)
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
