"""Whether anything keeps mail from being signed or sent: DKIM keys, the outbox, a hold, open alarms."""

from datetime import datetime

from newsletter.conf import config
from newsletter.delivery.control import restore_guard
from newsletter.delivery.dkim import dns_check, signing_keys
from newsletter.delivery.models import Alarm, OutboxMail
from newsletter.delivery.servers import stored_servers
from newsletter.errors import UserError
from newsletter.management.doctor.diagnosis import Diagnosis, failed, ok, to_do


def signatures(nameserver: str = "") -> Diagnosis:
    """The DKIM keys can be used, and DNS shows them."""
    name = "DKIM"
    domains = signing_keys.domains()
    if not domains:
        return ok(name, "No keys: your mail server signs, or nobody does. To sign here: newsletter dkim create DOMAIN")
    try:
        resolver = dns_check.resolver(nameserver)
        for domain in domains:
            signing_keys.signer_for(domain, message_key=config().message_key)
    except UserError as error:
        return failed(name, str(error))
    keys = [key for key in signing_keys.keys_of() if key.retired_at is None]
    for key in keys:
        in_dns = dns_check.look_up(signing_keys.record_of(key), resolver=resolver)
        if in_dns.advice:
            return failed(name, f"{in_dns.advice} See: newsletter dkim check {key.domain}")
    for key in keys:
        if key.active_from is None:
            return to_do(name, f"{key} is published and may sign now: newsletter dkim check {key.domain}")
    return ok(name, f"{len(keys)} keys are published correctly.")


def outbox(*, now: datetime) -> Diagnosis:
    """Single mails of our own that wait or could not be handed over."""
    name = "Outbox"
    state = OutboxMail.State
    waiting = OutboxMail.objects.filter(state__in=[state.WAITING, state.HELD]).order_by("created_at")
    lost = OutboxMail.objects.filter(state__in=[state.REFUSED, state.EXPIRED, state.UNCERTAIN]).count()
    count, oldest = waiting.count(), waiting.first()
    tail = (
        f" {lost:,} earlier could not be handed over; the newsroom shows what the mail server replied." if lost else ""
    )
    if oldest is None:
        return ok(name, f"Nothing is waiting.{tail}")
    hours = (now - oldest.created_at).total_seconds() / 3600
    text = f"{count:,} single mails wait, the oldest for {hours:.1f} h.{tail}"
    if hours >= 1 and any(row.enabled and row.host for row in stored_servers.every(config())):
        return failed(name, f"{text} Is `newsletter run` or `newsletter worker` running?")
    return to_do(name, f"{text} They go out once a mail server is set and a worker runs.")


def hold() -> Diagnosis:
    """The database may send: it is no copy, and knows what was sent."""
    _, why = restore_guard.look()
    return failed("Hold", why) if why else ok("Hold", "Nothing is held.")


def alarms() -> Diagnosis:
    """Alarms of sending that nobody has settled."""
    # A hold has a diagnosis of its own.
    standing = Alarm.objects.filter(settled_at__isnull=True).exclude(key=restore_guard.ALARM)
    texts = list(standing.values_list("text", flat=True)[:3])
    if texts:
        return failed("Sending", " ".join(texts))
    return ok("Sending", "No open alarm.")
