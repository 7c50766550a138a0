"""Claims the next chunk and loads it, with the journal that its row names."""

import logging
from collections.abc import Awaitable, Callable

from newsletter.delivery.control import release_actions
from newsletter.delivery.ledger import journal, leases, results
from newsletter.delivery.ledger.leases import Lease
from newsletter.delivery.servers.carrier_selector import CarrierSelector
from newsletter.delivery.worker import chunk_loader, chunk_settler
from newsletter.delivery.worker.context import WorkerContext
from newsletter.delivery.worker.leased_chunk import ClaimedChunk
from newsletter.delivery.worker.worker_journals import WorkerJournals
from newsletter.errors import UserError, words_of
from newsletter.translatable import Translatable as _

_log = logging.getLogger("newsletter.delivery")


class ChunkClaimer:
    """Belongs to the event loop of a worker; the database's work runs in its thread."""

    def __init__(
        self,
        context: WorkerContext,
        selector: CarrierSelector,
        *,
        journals: WorkerJournals,
        refresh: Callable[[], Awaitable[None]],
    ) -> None:
        """``refresh`` reads the mail servers again: a publication was met that is not known yet."""
        self._context = context
        self._selector = selector
        self._journals = journals
        self._refresh = refresh
        self._templates = chunk_loader.TemplateCache(context.config)

    async def claim(self, slow: set[int], *, window: int) -> ClaimedChunk | None:
        """The next chunk, if possible of none of the domain groups that are ``slow``; None: none waits.

        ``window``: how many of its messages may be handed over before it is settled. If this breaks off, the chunk
        stays leased, for `control.takeover` by our journal.
        """
        context = self._context
        while True:
            claimed_at = context.boottime()
            # A new journal may be begun while we wait for the database: the records go where the row says.
            mine = self._journals.current()
            states = leases.CLOSING | (leases.SENDING if self._selector.carriers else frozenset())
            lease = await context.threads.db(
                leases.claim,
                owner=mine.worker_id,
                host=journal.boot_id(),
                now=context.clock(),
                states=states,
                without=self._selector.shut(),
                slow=slow,
                window=window,
            )
            if lease is None:
                return None
            read_at = context.boottime()
            try:
                loaded = await context.threads.db(
                    chunk_loader.load, lease, templates=self._templates, now=context.clock()
                )
            except (UserError, LookupError, TypeError, ValueError) as error:
                # One issue that cannot be read must not keep every other from going out.
                _log.exception("issue %d cannot be sent", lease.issue)
                await self._give_back(lease, reason=words_of(error))
                continue
            if not self._selector.knows(loaded.plan.publication):
                await self._refresh()
            return ClaimedChunk(lease, loaded, mine, claimed_at=claimed_at, read_at=read_at)

    async def _give_back(self, lease: Lease, *, reason: str) -> None:
        now, db = self._context.clock(), self._context.threads.db
        text = _("It cannot be sent: %(why)s", why=reason)
        await db(release_actions.pause_if_sending, lease.issue, now=now, reason=text)
        await db(results.close, lease, now=now, not_before=now + chunk_settler.SLOW_GOES_LATER)
