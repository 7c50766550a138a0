"""What a newsroom writes first: a loop over EmailMultiAlternatives, over one kept connection.

`rival_django.py PORT MESSAGES DIGEST.json BYTES [KEY.pem]` prints the seconds of the loop, as JSON. With a key each
message is signed by dkimpy. The HTML is padded so that a message has as many bytes as ours.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings

DOMAIN = "harbour.example"


def message(digest: dict[str, str], number: int, padding: str) -> Any:
    from django.core.mail import EmailMultiAlternatives

    link = f"https://news.{DOMAIN}/u/{number:032d}/"

    def personal(text: str) -> str:
        return text.replace("{{name}}", f"Reader {number}").replace("{{link}}", link)

    mail = EmailMultiAlternatives(
        personal(digest["subject"]),
        personal(digest["text"]),
        f"The Harbour <letter@{DOMAIN}>",
        [f"Reader {number} <reader{number}@example.org>"],
        reply_to=[f"editors@{DOMAIN}"],
        headers={
            "Message-ID": f"<{number:032d}@{DOMAIN}>",
            "List-Id": f"The Harbour Letter <letter.{DOMAIN}>",
            "List-Unsubscribe": f"<{link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    mail.attach_alternative(personal(digest["html"]) + padding, "text/html")
    return mail


def loop(connection: Any, messages: int, digest: dict[str, str], padding: str) -> None:
    for number in range(messages):
        mail = message(digest, number, padding)
        mail.connection = connection
        if mail.send() != 1:
            raise RuntimeError("a message was not sent")


def signed_loop(connection: Any, messages: int, digest: dict[str, str], padding: str, key: bytes) -> None:
    import dkim

    for number in range(messages):
        mail = message(digest, number, padding)
        data = mail.message().as_bytes(linesep="\r\n")
        header = dkim.sign(data, b"one", DOMAIN.encode(), key)
        connection.connection.sendmail(f"b@{DOMAIN}", [f"reader{number}@example.org"], header + data)


def main() -> None:
    port, messages, digest, size = (
        int(sys.argv[1]),
        int(sys.argv[2]),
        json.loads(Path(sys.argv[3]).read_text()),
        sys.argv[4],
    )
    settings.configure(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", DEFAULT_CHARSET="utf-8")
    from django.core.mail import get_connection

    bare = len(message(digest, 0, "").message().as_bytes(linesep="\r\n"))
    missing = max(int(size) - bare, 0)
    padding = ("\n" + "<!-- the same size as ours, byte for byte, in a plain loop -->" * (missing // 62 + 1))[:missing]
    padding = "\n".join(padding[at : at + 70] for at in range(0, len(padding), 71))
    connection = get_connection(host="127.0.0.1", port=port)
    connection.open()
    began = time.monotonic()
    if len(sys.argv) > 5:
        signed_loop(connection, messages, digest, padding, Path(sys.argv[5]).read_bytes())
    else:
        loop(connection, messages, digest, padding)
    seconds = time.monotonic() - began
    connection.close()
    size_now = len(message(digest, 0, padding).message().as_bytes(linesep="\r\n"))
    sys.stdout.write(json.dumps({"messages": messages, "seconds": seconds, "bytes": size_now}))


if __name__ == "__main__":
    main()
