"""What a reply means for a delivery: done, again later, or a person must look. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.delivery.carriers import Phase, Reply
from newsletter.delivery.states import DeliveryState

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

_POLICY_PHASES = frozenset({Phase.MAIL, Phase.DATA, Phase.BLOCK, Phase.DOT})
_SENDER_CODES = frozenset({530, 550, 551, 553, 554})
_ABOUT_THE_MESSAGE = ("5.3.", "5.6.", "5.2.3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of the delivery."""

    state: DeliveryState
    due: datetime | None = None
    """When it is tried again, if it is deferred."""
    pause: str = ""
    """In words, why the whole issue must pause; empty when it need not."""


def decide(
    reply: Reply, *, tries: int, refused_before: bool, now: datetime, expires_at: datetime, again: bool, chance: float
) -> Verdict:
    """Judge the reply to try number ``tries``.

    ``refused_before``: the reply to the last try was a 5xx too, which for an open delivery means policy; ``again``:
    the policy that sends doubtful ones once more (with the same Message-ID); ``chance``: a random number in [0, 1).
    """
    if reply.state is DeliveryState.ACCEPTED:
        return Verdict(state=reply.state)
    if reply.state is DeliveryState.UNCERTAIN:
        return _later(tries, reply, now, expires_at, chance) if again else Verdict(state=reply.state)
    if reply.state is DeliveryState.REFUSED:
        if not is_policy(reply) or refused_before:
            # Refused for policy again after a person resumed: then it is about this one.
            return Verdict(state=reply.state)
        later = _later(tries, reply, now, expires_at, chance)
        return Verdict(state=later.state, due=later.due, pause=_policy_words(reply))
    return _later(tries, reply, now, expires_at, chance)


def is_policy(reply: Reply) -> bool:
    """Trust B4: a 5xx that is about us (reputation, authentication, sender), not about the recipient."""
    if reply.code is None or reply.code < 500 or reply.phase not in _POLICY_PHASES:
        return False
    if reply.enhanced.startswith("5.7."):
        return True
    # To MAIL the server has not heard of any recipient yet; only size and alphabet are about the message.
    by_sender = reply.phase is Phase.MAIL and reply.code in _SENDER_CODES
    return by_sender and not reply.enhanced.startswith(_ABOUT_THE_MESSAGE)


def delay(tries: int, *, chance: float) -> timedelta:
    """Trust B1: how long after try number ``tries``, with its jitter."""
    base = DELAYS[min(max(tries, 1), len(DELAYS)) - 1]
    return base * (1 - JITTER + 2 * JITTER * chance)


def nap(failures: int, *, chance: float) -> timedelta:
    """How long a server is left alone after that many failures in a row."""
    doubled: timedelta = NAP * 2 ** min(max(failures, 1) - 1, 16)
    return min(doubled, LONGEST_NAP) * (1 - JITTER * chance)


def is_greylisting(reply: Reply) -> bool:
    return reply.code in {450, 451} and reply.enhanced in {"4.7.1", "4.2.0"}


def _later(tries: int, reply: Reply, now: datetime, expires_at: datetime, chance: float) -> Verdict:
    grey = tries == 1 and is_greylisting(reply)
    due = now + (GREYLISTED * (1 + chance) if grey else delay(tries, chance=chance))
    if due >= expires_at:
        # An uncertain one stays so: we shall not find out by trying.
        return Verdict(state=reply.state if reply.state is DeliveryState.UNCERTAIN else DeliveryState.EXPIRED)
    return Verdict(state=DeliveryState.DEFERRED, due=due)


def _policy_words(reply: Reply) -> str:
    said = " ".join(filter(None, [str(reply.code), reply.text]))
    return (
        f"The mail server refuses our mail, not this one reader: “{said[:200]}”. Nobody was marked as refused; "
        "correct what it names, then resume."
    )
