"""`python -m tests.faults.worker`: a real worker process to kill, or a mutant of one that the oracle must catch."""

import os
import signal
import sys
import threading

import django


def _mutate(kind: str) -> None:
    """Break one promise of the engine on purpose."""
    from newsletter.delivery import claims, journal, recovery, settle

    if kind == "no-record":  # the dot without a record before it
        journal.Journal.open_dot = lambda *_: True  # type: ignore[method-assign]
    elif kind == "empty-journal":  # a journal that cannot be read is taken for an empty one
        journal.read = lambda directory, worker_id, keys: {key: journal.Findings() for key in keys}
    elif kind == "no-settling":  # what was sent is forgotten
        settle.write = lambda *_, **__: None
    elif kind == "believes":  # a doubt is guessed to be a yes, and the chunk done
        recovery.recover = lambda held, **_: claims.put_back(  # type: ignore[assignment]
            held.lease, state=settle.ChunkState.DONE, not_before=None
        )
    elif kind:
        raise ValueError(kind)


def main() -> None:
    django.setup()
    from newsletter import conf
    from newsletter.delivery import fleet, send

    _mutate(os.environ.get("FAULTS_MUTANT", ""))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    sys.stderr.write(f"ready {os.getpid()}\n")  # from here on, to be told to stop is not to be killed
    sys.stderr.flush()
    send.Worker(conf.config(), fleet.Fleet(conf.config())).run(stop)


if __name__ == "__main__":
    main()
