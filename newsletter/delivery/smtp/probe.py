"""A connection test: connect, encrypt, greet, sign in, leave; nothing is sent. What came of each step."""

import asyncio
import ssl
from dataclasses import dataclass
from enum import StrEnum

from newsletter.delivery.carrier import Phase, TransportUnavailable
from newsletter.delivery.smtp import starttls
from newsletter.delivery.smtp.connection import Connection
from newsletter.delivery.smtp.settings import Timeouts, TransportSettings
from newsletter.translatable import Translatable as _

SECONDS = 15.0
"""For all of it: the worker waits as long as RFC 5321 asks, a person gets an answer sooner."""


class Outcome(StrEnum):
    """What came of a step."""

    DONE = "done"
    SKIPPED = "skipped"
    """The settings do not ask for it."""
    FAILED = "failed"
    NOT_REACHED = "not-reached"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a test found."""

    steps: tuple[tuple[Phase, Outcome], ...]
    """Connecting, encryption, greeting, signing in, in the order in which this server is asked."""
    problem: str = ""
    """In words; empty when all is well."""
    phase: Phase | None = None
    """Where it ended, if it failed."""
    permanent: bool = False
    """Trying again will not help: a person must act."""
    tls_version: str = ""
    mechanism: str = ""
    """How we signed in."""
    capabilities: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problem


def run(
    settings: TransportSettings, *, ehlo_name: str, seconds: float = SECONDS, context: ssl.SSLContext | None = None
) -> Report:
    """Ask the server once, within ``seconds``. Never raises: what goes wrong is what it tells."""
    return asyncio.run(_run(settings, ehlo_name=ehlo_name, seconds=seconds, context=context))


async def _run(
    settings: TransportSettings, *, ehlo_name: str, seconds: float, context: ssl.SSLContext | None
) -> Report:
    connection = Connection(settings, ehlo_name=ehlo_name, timeouts=Timeouts())
    order = _order(settings)
    try:
        async with asyncio.timeout(seconds):
            await connection.open(context or starttls.strict_context())
            found = _report(order, settings, connection)
            await connection.quit()
            return found
    except TransportUnavailable as down:
        return _report(order, settings, connection, problem=down.args[0], phase=down.phase, permanent=down.permanent)
    except TimeoutError:
        where = f"{settings.host}:{settings.port}"
        text = _(
            "The mail server %(where)s gave no answer within %(seconds)s seconds. Check host, port and firewall.",
            where=where,
            seconds=f"{seconds:.0f}",
        )
        return _report(order, settings, connection, problem=text, phase=connection.phase)
    finally:
        connection.abort("tested")


def _order(settings: TransportSettings) -> list[Phase]:
    if settings.tls == "implicit":
        return [Phase.CONNECT, Phase.STARTTLS, Phase.EHLO, Phase.AUTH]
    return [Phase.CONNECT, Phase.EHLO, Phase.STARTTLS, Phase.AUTH]


def _report(
    order: list[Phase],
    settings: TransportSettings,
    connection: Connection,
    *,
    problem: str = "",
    phase: Phase | None = None,
    permanent: bool = False,
) -> Report:
    ended = Phase.EHLO if phase is Phase.GREETING else phase
    at = order.index(ended) if ended in order else len(order)
    unasked = {
        *([Phase.STARTTLS] if settings.tls == "none" else []),
        *([] if settings.user else [Phase.AUTH]),
    }

    def outcome(number: int, step: Phase) -> Outcome:
        if number == at:
            return Outcome.FAILED
        if number > at:
            return Outcome.NOT_REACHED
        return Outcome.SKIPPED if step in unasked else Outcome.DONE

    return Report(
        steps=tuple((step, outcome(number, step)) for number, step in enumerate(order)),
        problem=problem,
        phase=phase,
        permanent=permanent,
        tls_version=connection.tls_version,
        mechanism=connection.mechanism,
        capabilities=tuple(" ".join(filter(None, pair)) for pair in sorted(connection.capabilities.items())),
    )
