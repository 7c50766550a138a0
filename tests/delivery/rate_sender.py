"""`python -m tests.delivery.rate_sender FILE SECONDS DOMAINS`: one worker's rate limits, with endless work.

Says when it is ready, then reads when to start. Writes a line for each hand-over: its moment, and the domain group. The
last line says for how many seconds the machine did not let it run when it should have: nobody can use a slot then.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TextIO, TypeVar

import django

T = TypeVar("T")

NEGLIGIBLE = 0.03
"""Seconds: a slot stays good for a little longer than this."""


async def _send(record: TextIO, *, seconds: float, domains: int) -> None:
    from newsletter.delivery.clock import boottime
    from newsletter.delivery.ratelimit import refill, token_bucket

    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as thread:

        def call(work: Callable[[], T]) -> Awaitable[T]:
            return loop.run_in_executor(thread, work)

        store = refill.Refiller(call)
        await store.start()
        serving = asyncio.create_task(store.keep())
        groups = [f"group{n}" for n in range(domains)]
        keys = {group: token_bucket.keys_of(server=1, sender="example.org", group=group) for group in groups}
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        start = float(sys.stdin.readline())
        await asyncio.sleep(max(start - boottime(), 0.0))
        held_up, woken_for = 0.0, boottime()
        while (now := boottime()) < start + seconds:
            held_up += now - woken_for if now - woken_for > NEGLIGIBLE else 0.0
            wait = 0.05
            for group in groups:
                asked = store.buckets.ask(keys[group])
                if isinstance(asked, token_bucket.Grant):
                    record.write(f"{boottime():.6f} {group}\n")
                    wait = 0.0
                else:
                    wait = min(wait, asked)
            if serving.done():
                serving.result()
            groups.append(groups.pop(0))
            woken_for = boottime() + wait
            await asyncio.sleep(wait)
        record.write(f"{held_up:.6f} held up\n")
        serving.cancel()
        await store.stop()
        await loop.run_in_executor(thread, _close)


def _close() -> None:
    from django.db import connections

    connections.close_all()


def main() -> None:
    django.setup()
    file, seconds, domains = sys.argv[1:]
    with Path(file).open("a", buffering=1) as record:
        asyncio.run(_send(record, seconds=float(seconds), domains=int(domains)))


if __name__ == "__main__":
    main()
