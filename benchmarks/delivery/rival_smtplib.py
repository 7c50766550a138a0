"""smtplib at its best: ten processes, each with one kept connection, sending one prepared message again and again.

`rival_smtplib.py PORT MESSAGES FILE` prints the seconds from the first message to the last reply, as JSON.
"""

import json
import smtplib
import sys
import time
from multiprocessing import Barrier, get_context
from pathlib import Path

CONNECTIONS = 10


def send(port: int, messages: int, data: bytes, ready: "Barrier", done: "Barrier") -> None:  # type: ignore[valid-type]
    with smtplib.SMTP("127.0.0.1", port, local_hostname="mail.harbour.example") as server:
        server.ehlo()
        ready.wait(60)  # type: ignore[attr-defined]
        for number in range(messages):
            server.sendmail("b@harbour.example", [f"reader{number}@example.org"], data)
        done.wait(600)  # type: ignore[attr-defined]


def main() -> None:
    port, messages = int(sys.argv[1]), int(sys.argv[2])
    data = Path(sys.argv[3]).read_bytes()
    fork = get_context("fork")
    ready, done = fork.Barrier(CONNECTIONS + 1), fork.Barrier(CONNECTIONS + 1)
    share = messages // CONNECTIONS
    senders = [fork.Process(target=send, args=(port, share, data, ready, done)) for _ in range(CONNECTIONS)]
    for one in senders:
        one.daemon = True
        one.start()
    ready.wait(60)
    began = time.monotonic()
    done.wait(600)
    seconds = time.monotonic() - began
    for one in senders:
        one.join(10)
    sys.stdout.write(json.dumps({"messages": share * CONNECTIONS, "seconds": seconds}))


if __name__ == "__main__":
    main()
