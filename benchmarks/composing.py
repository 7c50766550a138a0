"""What a mail costs to compose: from derived templates, by our encoders each time, by the `email` package each time.

All three write one issue of twenty stories for the same readers: headers, text, HTML, the reader's name and links.
Microseconds of one mail, median of five rounds, the three in turns.
"""

import json
import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from newsletter.delivery.message import derived_template, issue_template
from newsletter.delivery.message.sender import Sender
from newsletter.rendering import personalise
from newsletter.rendering.results import Rendered

MAILS = 2_000 if os.environ.get("QUICK") else 20_000
"""Of a round, for our two; the `email` package writes a tenth of them."""
ROUNDS = 5
BASE = "https://news.example.org"
DATE = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)
TOKENS = personalise.Tokens(key=bytes(range(16)).hex())
SENDER = Sender(
    name="The Morning",
    address="news@example.org",
    reply_to="desk@example.org",
    list_name="Morning",
    list_id="morning.example.org",
    bounce_domain="bounces.example.org",
)
STORY = "The tide goes out and the tide comes in, and the town council met on Tuesday. " * 8
TEXT = f"Hello {TOKENS.name()},\n\n" + f"{STORY}\n\n" * 20 + f"{TOKENS.unsubscribe_url}\n"
HTML = (
    f"<html><body><h1>Hello {TOKENS.name()}</h1>\n"
    + f"<p>{STORY}</p>\n" * 20
    + f'<a href="{TOKENS.unsubscribe_url}">Leave</a></body></html>\n'
)


def main() -> None:
    encoding = _template()
    for_each_mail = _template()
    for templates in _templates_of(for_each_mail):
        templates.is_proven = False
    ways: dict[str, Callable[[int], object]] = {
        "derived": lambda number: _ours(encoding, number),
        "encoded": lambda number: _ours(for_each_mail, number),
        "email package": _by_the_email_package,
    }
    mails = {"derived": MAILS, "encoded": MAILS, "email package": MAILS // 10}
    rounds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, compose in ways.items():
            rounds[name].append(_microseconds(compose, mails[name]))
    size = len(_ours(encoding, 1))
    print(f"{size:,} bytes a mail, µs each, median of {ROUNDS} rounds (lowest to highest):")
    for name, all_ in rounds.items():
        print(f"{name:>14} {statistics.median(all_):7.1f} ({min(all_):.1f} to {max(all_):.1f})")
    print(json.dumps({name: round(statistics.median(all_), 1) for name, all_ in rounds.items()}))


def _microseconds(compose: Callable[[int], object], mails: int) -> float:
    began = time.process_time()
    for number in range(mails):
        compose(number)
    return (time.process_time() - began) / mails * 1e6


def _template() -> issue_template.IssueTemplate:
    return issue_template.compile_issue(
        rendered=Rendered(language="en", subject="Today", html=HTML, text=TEXT, token_key=TOKENS.key),
        issue_id=7,
        sender=SENDER,
        base_url=BASE,
        message_key=bytes(range(32)),
        date=DATE,
    )


def _templates_of(template: issue_template.IssueTemplate) -> list[derived_template.DerivedTemplate]:
    """Every derived one, the link's and the header's for tokens of our length among them."""
    _ours(template, 0)
    links = [one for pair in template.links.values() for one in pair]
    return [template.message_id_header, *template.list_unsubscribe_headers.values(), *links]


def _token(number: int) -> str:
    return f"Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9{number:08d}"


def _ours(template: issue_template.IssueTemplate, number: int) -> bytes:
    message = template.message(
        subscriber=number, address=f"reader{number}@example.com", name="Jane", token=_token(number)
    )
    return message.data


def _by_the_email_package(number: int) -> bytes:
    """The same headers and parts, as a program on top of the standard library writes them."""
    token = _token(number)
    values = personalise.values_for(name="Jane", unsubscribe_url=f"{BASE}/u/{token}/")
    mail = EmailMessage(policy=policy.SMTP)
    mail["To"] = Address("Jane", addr_spec=f"reader{number}@example.com")
    mail["Subject"] = "Today"
    mail["Message-ID"] = f"<{number:032x}@example.org>"
    mail["List-Unsubscribe"] = f"<{BASE}/u/{token}/>, <mailto:leave+{token}@bounces.example.org?subject=unsubscribe>"
    mail["From"] = Address("The Morning", addr_spec=SENDER.address)
    mail["Reply-To"] = SENDER.reply_to
    mail["Date"] = format_datetime(DATE)
    mail["Precedence"], mail["Auto-Submitted"] = "bulk", "auto-generated"
    mail["List-Id"] = f"Morning <{SENDER.list_id}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["List-Owner"] = f"<mailto:{SENDER.reply_to}>"
    mail.set_content(TOKENS.fill_text(TEXT, values), cte="quoted-printable")
    mail.add_alternative(TOKENS.fill_html(HTML, values), subtype="html", cte="quoted-printable")
    return mail.as_bytes()


if __name__ == "__main__":
    main()
