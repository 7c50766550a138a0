"""What the large providers mean by their replies, and what to do about each: one table, the first row that fits. Pure.

Trust A2 to A4. A row that pauses is about us: every mail of the issue would hear it, so a person must act first.
"""

import re
from dataclasses import dataclass, field

GOOGLE = "https://support.google.com/a/answer/3726730"
YAHOO = "https://senders.yahooinc.com/smtp-error-codes/"
MICROSOFT = "https://sendersupport.olc.protection.outlook.com/pm/troubleshooting"
MICROSOFT_RULES = "https://techcommunity.microsoft.com/blog/microsoftdefenderforoffice365blog/4399730"
EXCHANGE = "https://learn.microsoft.com/en-us/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online"
IANA = "https://www.iana.org/assignments/smtp-enhanced-status-codes/"
SPAMHAUS = "https://check.spamhaus.org/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that a provider says."""

    who: str
    details: frozenset[str] = frozenset()
    """Subject and detail of the RFC 3463 code, such as 7.26; empty: whatever it is."""
    basic: frozenset[int] = frozenset()
    """Basic codes; empty: any."""
    said: re.Pattern[str] | None = field(default=None)
    """What its words contain."""
    kind: str
    """A `classification.Kind`."""
    pauses: bool
    means: str
    """The end of a sentence that begins with the provider's name."""
    do: str
    source: str


def _row(
    who: str,
    means: str,
    do: str,
    *,
    source: str,
    details: str = "",
    basic: tuple[int, ...] = (),
    said: str = "",
    kind: str = "policy",
    pauses: bool = True,
) -> Row:
    return Row(
        who=who,
        details=frozenset(details.split()),
        basic=frozenset(basic),
        said=re.compile(said, re.IGNORECASE) if said else None,
        kind=kind,
        pauses=pauses,
        means=means,
        do=do,
        source=source,
    )


_G = r"gsmtp|google|gmail"
_Y = r"yahoo|aol\b|\[(?:TSS?|BL|GL|PH)\d+\]"

ROWS: tuple[Row, ...] = (
    # Gmail. Its numbers of X.7.x are its own, so its name must be in the words.
    _row(
        "Gmail",
        "wants the address we send from to have a name: its reverse DNS record (PTR) is missing or does not lead back",
        "Ask whoever runs the mail server's address to set its PTR record to a name that leads back to it.",
        details="7.23 7.25", said=_G, source=GOOGLE,
    ),
    _row(
        "Gmail",
        "says that our mail is not authenticated: neither SPF nor DKIM stands for the sender's domain",
        "Publish the domain's SPF record and sign with DKIM; `newsletter doctor` says what is missing.",
        details="7.26", said=_G, source=GOOGLE,
    ),
    _row(
        "Gmail",
        "says that SPF does not allow our mail server",
        "Put the mail server's address into the SPF record of the domain that bounces return to.",
        details="7.27", said=_G, source=GOOGLE,
    ),
    _row(
        "Gmail",
        "gets too much mail from us, or too much that its readers call spam",
        "Wait some hours, send more slowly, and look at the domain in Google's Postmaster Tools.",
        details="7.28", said=_G, source=GOOGLE,
    ),
    _row(
        "Gmail",
        "takes our mail over an encrypted connection (TLS) only",
        "Let the mail server use TLS towards Gmail.",
        details="7.29", said=_G, source=GOOGLE,
    ),
    _row(
        "Gmail",
        "finds no valid DKIM signature in our mail",
        "Sign with DKIM, and publish the key that the signature names.",
        details="7.30", said=_G, source=GOOGLE,
    ),
    _row(
        "Gmail",
        "finds no DMARC policy at the sender's domain",
        "Publish a DMARC record, p=none at least.",
        details="7.31 7.40", said=_G, source=GOOGLE,
    ),
    _row(
        "Gmail",
        "says that the From address fits neither the SPF nor the DKIM domain",
        "Sign with a DKIM key of the From address's own domain.",
        details="7.32", said=_G, source=GOOGLE,
    ),
    _row(
        "Gmail",
        "has seen an unusual amount of unwanted mail from us",
        "Wait some hours, send more slowly, and look at the domain in Google's Postmaster Tools.",
        said=rf"(unusual rate of (unsolicited|email)|very low reputation|likely (unsolicited|suspicious)).*({_G})",
        source=GOOGLE,
    ),
    _row(
        "Gmail",
        "says that this reader gets mail too fast",
        "Nothing: it is tried again.",
        details="2.1", basic=(421, 450, 451), said=_G, kind="throttled", pauses=False, source=GOOGLE,
    ),
    # Yahoo, AOL and their relatives.
    _row(
        "Yahoo",
        "puts our mail off because of its amount or of complaints; it asks for more patience each time",
        "Nothing at once: it is tried again later and more slowly. If it stays, look at the complaints.",
        basic=(421, 451), said=r"\[(TSS?|GL)\d+\]", kind="throttled", pauses=False, source=YAHOO,
    ),
    _row(
        "Yahoo",
        "puts off what we send because we have too many connections or messages at once",
        "Nothing: it is tried again, more slowly.",
        basic=(421, 451), said=r"(all resources busy|too many connections).*yahoo", kind="throttled", pauses=False,
        source=YAHOO,
    ),
    _row(
        "Yahoo",
        "takes nothing from our mail server's address because it is on a list of bad senders",
        "Look the address up at check.spamhaus.org, mend the cause, and ask to be taken off.",
        basic=(421, 550, 553, 554), said=r"\[BL\d+\]", source=YAHOO,
    ),
    _row(
        "Yahoo",
        "refuses our mail for reasons of policy: most often DKIM or DMARC does not fit the From address",
        "Check SPF, DKIM and DMARC of the sender's domain; `newsletter doctor` says what is missing.",
        basic=(553, 554), said=rf"not accepted for policy reasons.*({_Y})|\[PH\d+\]", source=YAHOO,
    ),
    # Microsoft: outlook.com, hotmail.com, live.com, and Exchange Online.
    _row(
        "Microsoft",
        "asks senders of many mails for SPF, DKIM and DMARC that fit the From address, and ours do not",
        "Publish and align all three for the sender's domain; `newsletter doctor` says what is missing.",
        details="7.515", source=MICROSOFT_RULES,
    ),
    _row(
        "Microsoft",
        "takes nothing from our mail server's address: it is on Microsoft's list of bad senders",
        "Ask Microsoft to take the address off (sendersupport.olc.protection.outlook.com), after mending the cause.",
        basic=(550, 554), said=r"\(?\bS31(40|50)\b", source=MICROSOFT,
    ),
    _row(
        "Microsoft",
        "takes nothing from our mail server's address: it is on a list of bad senders",
        "Ask Microsoft to take the address off (sender.office.com), after mending the cause.",
        details="7.606 7.607 7.608 7.609 7.610 7.511 7.512", basic=(550, 554), source=EXCHANGE,
    ),
    _row(
        "Microsoft",
        "puts our mail off because of our address's reputation",
        "Nothing at once: it is tried again later and more slowly.",
        details="7.650 7.651 7.652 7.653", basic=(421, 450, 451), kind="throttled", pauses=False, source=MICROSOFT,
    ),
    _row(
        "Microsoft",
        "is busy, or puts our mail off for a while",
        "Nothing: it is tried again later.",
        details="7.500 7.501 7.502 7.508", basic=(421, 450, 451), kind="throttled", pauses=False, source=EXCHANGE,
    ),
    _row(
        "Microsoft",
        "says that we send faster, or over more connections, than our reputation allows",
        "Nothing at once: it is tried again later and more slowly.",
        basic=(421,), said=r"\bRP-00\d\b", kind="throttled", pauses=False, source=MICROSOFT,
    ),
    _row(
        "Microsoft",
        "refuses our mail for reasons of policy",
        "Look at the address in Microsoft's SNDS, and at complaints; then ask its sender support.",
        basic=(550, 554), said=r"\b(SC|DY|OU)-00\d\b", source=MICROSOFT,
    ),
    # Anybody who asks a public list.
    _row(
        "The server",
        "takes nothing from our mail server's address: it is on a public list of bad senders",
        "Look the address up at check.spamhaus.org and on the list it names, mend the cause, and ask to be taken off.",
        basic=(550, 553, 554), said=r"(blocked|listed|rejected).{0,60}(spamhaus|spamcop|barracudacentral|sorbs)",
        source=SPAMHAUS,
    ),
    # Whoever keeps to the registry (RFC 7372, RFC 7505, RFC 8617).
    _row(
        "The server",
        "finds no DKIM signature that it accepts",
        "Sign with a DKIM key of the From address's own domain, and publish it.",
        details="7.20 7.21 7.22 7.32", source=IANA,
    ),
    _row(
        "The server",
        "does not trust the domain that bounces return to: SPF does not allow our mail server, or it takes no mail",
        "Put the mail server's address into that domain's SPF record, and give the domain an MX record.",
        details="7.23 7.24 7.27", source=IANA,
    ),
    _row(
        "The server",
        "misses a DKIM signature, or encryption all the way",
        "Sign with DKIM, and let the mail server use TLS.",
        details="7.30", source=IANA,
    ),
    _row(
        "The server",
        "wants the address we send from to have a name: its reverse DNS record (PTR) does not lead back",
        "Ask whoever runs the mail server's address to set its PTR record to a name that leads back to it.",
        details="7.25", source=IANA,
    ),
    _row(
        "The server",
        "says that our mail is not authenticated",
        "Publish SPF, sign with DKIM and align both with the From address; `newsletter doctor` says what is missing.",
        details="7.26 7.29", source=IANA,
    ),
    _row(
        "The server",
        "gets more mail from us than it allows",
        "Wait some hours and send more slowly.",
        details="7.28", source=IANA,
    ),
)  # fmt: skip


def find(*, code: int, enhanced: str, text: str) -> Row | None:
    """The first row that fits a reply of class 4 or 5; None when we know nothing particular."""
    _, _, detail = enhanced.partition(".")
    for row in ROWS:
        if row.details and detail not in row.details:
            continue
        if row.basic and code not in row.basic:
            continue
        if row.said is not None and not row.said.search(text):
            continue
        return row
    return None
