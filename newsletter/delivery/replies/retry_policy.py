"""What follows from a reply for a delivery: done, again later, or a person must look. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from newsletter.delivery.carrier import Reply
from newsletter.delivery.replies import classification
from newsletter.delivery.replies.classification import Classification, Kind
from newsletter.delivery.states import DeliveryState
from newsletter.translatable import Translatable as _
from newsletter.values import value

DELAYS = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
)
"""Trust B1: between one try and the next; the last one repeats until the issue's useful life ends."""
JITTER = 0.2
GREYLISTED = timedelta(minutes=5)
"""Trust B2: a greylisting server wants us back after 5 to 15 minutes, not earlier."""
NAP = timedelta(seconds=2)
LONGEST_NAP = timedelta(minutes=5)
"""Trust B3: how long a server is left alone after the first, and at most after the nth failure in a row."""
STEP = timedelta(minutes=1)
"""Deferred messages that fall due within it come back together."""


@value
class Decision:
    """What becomes of the delivery."""

    state: DeliveryState
    kind: Kind | None = None
    """What the reply was about; None for a plain yes."""
    due: datetime | None = None
    """When it is tried again, if it is deferred."""
    pause: str = ""
    """In words, why the whole issue must pause; empty when it need not."""


def decide(
    reply: Reply, *, tries: int, refused_before: bool, now: datetime, expires_at: datetime, again: bool, chance: float
) -> Decision:
    """Decide after the reply to try number ``tries``.

    ``refused_before``: the last try was refused for policy, and a person let the issue go on since; ``again``: the
    policy that sends uncertain messages once more, with the same Message-ID; ``chance``: a random number in [0, 1).
    """
    if reply.state is DeliveryState.ACCEPTED:
        return Decision(state=reply.state)
    found = classification.classify(reply)
    pause = _words(reply, found) if found.is_about_us else ""
    if reply.state is DeliveryState.UNCERTAIN and not again:
        return Decision(state=reply.state, kind=found.kind)
    if reply.state is DeliveryState.REFUSED and (not pause or refused_before):
        # Refused for policy again after a person resumed: then it is about this recipient.
        return Decision(state=reply.state, kind=found.kind)
    return _later(tries, reply, found.kind, now, expires_at, chance, pause)


def delay(tries: int, *, chance: float) -> timedelta:
    """Trust B1: how long after try number ``tries``, with its jitter."""
    base = DELAYS[min(max(tries, 1), len(DELAYS)) - 1]
    return base * (1 - JITTER + 2 * JITTER * chance)


def nap(failures: int, *, chance: float) -> timedelta:
    """How long a server is left alone after that many failures in a row."""
    doubled: timedelta = NAP * 2 ** min(max(failures, 1) - 1, 16)
    return min(doubled, LONGEST_NAP) * (1 - JITTER * chance)


def whole_step(due: datetime) -> datetime:
    """The step in which it is due, never before it."""
    whole = due.replace(second=0, microsecond=0)
    return whole if whole == due else whole + STEP


def step_with_room(due: datetime, *, now: datetime, taken: Mapping[datetime, int], room: int, wanted: int) -> datetime:
    """The first step from ``due`` in which that many more of one domain may come back; at most twice as far away.

    So a provider that deferred fifty thousand mails gets them back over hours and not all in a minute. Where every step
    is full, the emptiest.
    """
    first = whole_step(due)
    steps = [first + n * STEP for n in range((first - now) // STEP + 1)]
    return next((s for s in steps if taken.get(s, 0) + wanted <= room), min(steps, key=lambda s: taken.get(s, 0)))


def _later(
    tries: int, reply: Reply, kind: Kind, now: datetime, expires_at: datetime, chance: float, pause: str
) -> Decision:
    grey = tries == 1 and kind is Kind.GREYLISTED
    due = now + (GREYLISTED * (1 + chance) if grey else delay(tries, chance=chance))
    if due >= expires_at:
        # An uncertain message stays so: we shall not find out by trying.
        state = reply.state if reply.state is DeliveryState.UNCERTAIN else DeliveryState.EXPIRED
        return Decision(state=state, kind=kind, pause=pause)
    return Decision(state=DeliveryState.DEFERRED, kind=kind, due=due, pause=pause)


def _words(reply: Reply, found: Classification) -> str:
    said = " ".join(filter(None, [str(reply.code), reply.text]))
    told = _("It said: “%(reply)s”.", reply=said[:120])
    if found.known is not None:
        known = f"{found.known.provider} {found.known.meaning}. {found.known.advice}"
        return _("%(known)s Then resume: nobody was marked. %(told)s", known=known, told=told)
    if found.kind is Kind.LOGIN:
        return _(
            "The mail server wants us to sign in first. Correct the user name and password, then resume. %(told)s",
            told=told,
        )
    return _(
        "The mail server refuses our mail, not this one reader. Nobody was marked as refused; "
        "correct what it names, then resume. %(told)s",
        told=told,
    )
