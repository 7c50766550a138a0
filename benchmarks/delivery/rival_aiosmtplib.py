"""aiosmtplib with ten kept connections, sending one prepared message again and again.

`rival_aiosmtplib.py PORT MESSAGES FILE` prints the seconds from the first message to the last reply, as JSON.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

import aiosmtplib

CONNECTIONS = 10


async def run(port: int, messages: int, data: bytes) -> float:
    name = "mail.harbour.example"
    servers = [
        aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False, local_hostname=name)
        for _ in range(CONNECTIONS)
    ]
    for server in servers:
        await server.connect()
    left = iter(range(messages))

    async def send(server: aiosmtplib.SMTP) -> None:
        for number in left:
            await server.sendmail("b@harbour.example", [f"reader{number}@example.org"], data)

    began = time.monotonic()
    await asyncio.gather(*map(send, servers))
    seconds = time.monotonic() - began
    for server in servers:
        await server.quit()
    return seconds


def main() -> None:
    port, messages = int(sys.argv[1]), int(sys.argv[2])
    seconds = asyncio.run(run(port, messages, Path(sys.argv[3]).read_bytes()))
    sys.stdout.write(json.dumps({"messages": messages, "seconds": seconds}))


if __name__ == "__main__":
    main()
