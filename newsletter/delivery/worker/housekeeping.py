"""What a worker does for the whole installation, every few seconds or hours: takeovers, ends, brakes, samples."""

import logging
from collections.abc import Callable, Collection

from newsletter.delivery import alarms, events
from newsletter.delivery.control import auto_pause, takeover
from newsletter.delivery.ledger import audience_freeze, completion, hard_bounces, journal, leases
from newsletter.delivery.ledger.journal import Key
from newsletter.delivery.ledger.leases import Leased
from newsletter.delivery.ledger.settlements import LedgerBroken
from newsletter.delivery.progress import samples
from newsletter.delivery.ratelimit import refill
from newsletter.delivery.servers import server_alarms
from newsletter.delivery.worker.context import WorkerContext
from newsletter.delivery.worker.worker_journals import WorkerJournals
from newsletter.errors import UserError, words_of
from newsletter.translatable import Translatable as _

EVERY = {
    "takeover": 1.0,
    "completion": 5.0,
    "auto-pause": 5.0,
    "hard bounces": 5.0,
    "sample": samples.EVERY,
    "freeze": 15.0,
    "undecided servers": 600.0,
    "prune": 3600.0,
}
"""Seconds between two rounds of each kind."""

_log = logging.getLogger("newsletter.delivery")


class Housekeeping:
    """Each kind when its time has come. Everything here runs in the database's thread."""

    def __init__(
        self, context: WorkerContext, *, journals: WorkerJournals, in_hand: Callable[[], Collection[Key]]
    ) -> None:
        """``in_hand`` names the chunks that this worker is at work on."""
        self._context = context
        self._journals = journals
        self._in_hand = in_hand
        self._observer = leases.Observer(lease_seconds=context.config.lease_seconds, clock=context.boottime)
        self._brakes = auto_pause.Brakes()
        self._bounces = hard_bounces.Rounds()
        self._stuck: set[int] = set()
        """Issues whose chunks could not be taken over: each is logged once."""
        self._next_round: dict[str, float] = {}

    async def run_due(self) -> bool:
        """True if something was done that may have left more to do."""
        context, did = self._context, False
        for name, work in (
            ("takeover", self._take_over),
            ("completion", lambda: completion.sweep(now=context.clock()) > 0),
            ("auto-pause", lambda: self._brakes.check_all(now=context.clock()) > 0),
            ("hard bounces", lambda: self._bounces.look(now=context.clock()) > 0),
            ("sample", self._sample),
            ("freeze", lambda: audience_freeze.resume_cut_short(now=context.clock()) > 0),
            ("undecided servers", self._tell_undecided),
            ("prune", self._prune),
        ):
            if context.boottime() >= self._next_round.get(name, 0.0):
                did = await context.threads.db(work) or did
                self._next_round[name] = context.boottime() + EVERY[name]
        return did

    def _sample(self) -> bool:
        """Note how far releases are, for whoever watches; that is no work to go on with."""
        samples.sample(now=self._context.clock())
        return False

    def _tell_undecided(self) -> bool:
        """Again and again: an alarm that somebody put away decides nothing."""
        server_alarms.tell_undecided(now=self._context.clock())
        return False

    def _take_over(self) -> bool:
        """The chunks of dead workers, and those that we left behind ourselves."""
        me, mine = self._journals.current().worker_id, self._in_hand()
        directory = self._context.config.journal_dir

        def known_dead(chunk: Leased) -> bool:
            # A lease in our name that we do not work on was left when the database broke off.
            return chunk.owner == me or takeover.is_dead(chunk, directory=directory)

        others = [chunk for chunk in leases.leased() if chunk.lease.key not in mine]
        lost = self._observer.lost(others, known_dead=known_dead)
        done = [self._take_over_chunk(chunk, owner=me) for chunk in lost]
        return any(done)

    def _take_over_chunk(self, chunk: Leased, *, owner: str) -> bool:
        now, directory = self._context.clock(), self._context.config.journal_dir
        try:
            return takeover.recover(chunk, owner=owner, directory=directory, now=now, chance=self._context.chance())
        except (UserError, LedgerBroken, LookupError, TypeError, ValueError) as error:
            # An issue that cannot be read must not keep every other, and all sign-in mails, from going out.
            if chunk.issue not in self._stuck:
                events.say("chunk.stuck", level=logging.ERROR, issue=chunk.issue, chunk=chunk.number)
                _log.exception("its owner is gone, and it cannot be taken over")
            self._stuck.add(chunk.issue)
            text = _(
                "Issue %(issue)s is stuck: %(why)s Nothing of it was lost; its mails wait.",
                issue=chunk.issue,
                why=words_of(error),
            )
            alarms.raise_alarm(key=f"stuck:{chunk.issue}", text=text, now=now)
            return False

    def _prune(self) -> bool:
        def needed() -> set[str]:
            return {chunk.owner for chunk in leases.leased()}

        now = self._context.clock()
        refill.prune(now=now)
        return journal.prune(self._context.config.journal_dir, needed=needed, now=now) > 0
