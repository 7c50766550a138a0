"""What the large providers mean by their replies, and what to do about each: a table, in which the first entry
that fits counts. Pure.

Trust A2 to A4. Whose domain is whose stands elsewhere: `ratelimit.providers` by domains and mail hosts.
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
class ProviderCode:
    """A reply that a provider gives, and what it means by it."""

    provider: str
    """Its name, or ``The server``, as a sentence begins with it."""
    details: frozenset[str] = frozenset()
    """Subject and detail of the RFC 3463 code, such as 7.26; empty: whatever it is."""
    codes: frozenset[int] = frozenset()
    """Basic codes (RFC 5321 §4.2); empty: any."""
    words: re.Pattern[str] | None = field(default=None)
    """What its text contains; None: whatever it says."""
    kind: str
    """A `classification.Kind`."""
    pauses: bool
    """The reply is about us: every mail of the issue would get it, so a person must act first."""
    meaning: str
    """The end of a sentence that begins with the provider's name."""
    advice: str
    """What a person can do about it, as a sentence."""
    source: str
    """Address of the provider's own page about it."""


def _code(
    provider: str,
    meaning: str,
    advice: str,
    *,
    source: str,
    details: str = "",
    codes: tuple[int, ...] = (),
    words: str = "",
    kind: str = "policy",
    pauses: bool = True,
) -> ProviderCode:
    return ProviderCode(
        provider=provider,
        details=frozenset(details.split()),
        codes=frozenset(codes),
        words=re.compile(words, re.IGNORECASE) if words else None,
        kind=kind,
        pauses=pauses,
        meaning=meaning,
        advice=advice,
        source=source,
    )


_G = r"gsmtp|google|gmail"
_Y = r"yahoo|aol\b|\[(?:TSS?|BL|GL|PH)\d+\]"

PROVIDER_CODES: tuple[ProviderCode, ...] = (
    # Gmail. Its numbers of X.7.x are its own, so its name must be in the words.
    _code(
        "Gmail",
        "wants the address we send from to have a name: its reverse DNS record (PTR) is missing or does not lead back",
        "Ask whoever runs the mail server's address to set its PTR record to a name that leads back to it.",
        details="7.23 7.25", words=_G, source=GOOGLE,
    ),
    _code(
        "Gmail",
        "says that our mail is not authenticated: neither SPF nor DKIM stands for the sender's domain",
        "Publish the domain's SPF record and sign with DKIM; `newsletter doctor` says what is missing.",
        details="7.26", words=_G, source=GOOGLE,
    ),
    _code(
        "Gmail",
        "says that SPF does not allow our mail server",
        "Put the mail server's address into the SPF record of the domain that bounces return to.",
        details="7.27", words=_G, source=GOOGLE,
    ),
    _code(
        "Gmail",
        "gets too much mail from us, or too much that its readers call spam",
        "Wait some hours, send more slowly, and look at the domain in Google's Postmaster Tools.",
        details="7.28", words=_G, source=GOOGLE,
    ),
    _code(
        "Gmail",
        "takes our mail over an encrypted connection (TLS) only",
        "Let the mail server use TLS towards Gmail.",
        details="7.29", words=_G, source=GOOGLE,
    ),
    _code(
        "Gmail",
        "finds no valid DKIM signature in our mail",
        "Sign with DKIM, and publish the key that the signature names.",
        details="7.30", words=_G, source=GOOGLE,
    ),
    _code(
        "Gmail",
        "finds no DMARC policy at the sender's domain",
        "Publish a DMARC record, p=none at least.",
        details="7.31 7.40", words=_G, source=GOOGLE,
    ),
    _code(
        "Gmail",
        "says that the From address fits neither the SPF nor the DKIM domain",
        "Sign with a DKIM key of the From address's own domain.",
        details="7.32", words=_G, source=GOOGLE,
    ),
    _code(
        "Gmail",
        "has seen an unusual amount of unwanted mail from us",
        "Wait some hours, send more slowly, and look at the domain in Google's Postmaster Tools.",
        words=rf"(unusual rate of (unsolicited|email)|very low reputation|likely (unsolicited|suspicious)).*({_G})",
        source=GOOGLE,
    ),
    _code(
        "Gmail",
        "says that this reader gets mail too fast",
        "Nothing: it is tried again.",
        details="2.1", codes=(421, 450, 451), words=_G, kind="throttled", pauses=False, source=GOOGLE,
    ),
    # Yahoo, AOL and their relatives.
    _code(
        "Yahoo",
        "puts our mail off because of its amount or of complaints; it asks for more patience each time",
        "Nothing at once: it is tried again later and more slowly. If it stays, look at the complaints.",
        codes=(421, 451), words=r"\[(TSS?|GL)\d+\]", kind="throttled", pauses=False, source=YAHOO,
    ),
    _code(
        "Yahoo",
        "puts off what we send because we have too many connections or messages at once",
        "Nothing: it is tried again, more slowly.",
        codes=(421, 451), words=r"(all resources busy|too many connections).*yahoo", kind="throttled", pauses=False,
        source=YAHOO,
    ),
    _code(
        "Yahoo",
        "takes nothing from our mail server's address because it is on a list of bad senders",
        "Look the address up at check.spamhaus.org, mend the cause, and ask to be taken off.",
        codes=(421, 550, 553, 554), words=r"\[BL\d+\]", source=YAHOO,
    ),
    _code(
        "Yahoo",
        "refuses our mail for reasons of policy: most often DKIM or DMARC does not fit the From address",
        "Check SPF, DKIM and DMARC of the sender's domain; `newsletter doctor` says what is missing.",
        codes=(553, 554), words=rf"not accepted for policy reasons.*({_Y})|\[PH\d+\]", source=YAHOO,
    ),
    # Microsoft: outlook.com, hotmail.com, live.com, and Exchange Online.
    _code(
        "Microsoft",
        "asks senders of many mails for SPF, DKIM and DMARC that fit the From address, and ours do not",
        "Publish and align all three for the sender's domain; `newsletter doctor` says what is missing.",
        details="7.515", source=MICROSOFT_RULES,
    ),
    _code(
        "Microsoft",
        "takes nothing from our mail server's address: it is on Microsoft's list of bad senders",
        "Ask Microsoft to take the address off (sendersupport.olc.protection.outlook.com), after mending the cause.",
        codes=(550, 554), words=r"\(?\bS31(40|50)\b", source=MICROSOFT,
    ),
    _code(
        "Microsoft",
        "takes nothing from our mail server's address: it is on a list of bad senders",
        "Ask Microsoft to take the address off (sender.office.com), after mending the cause.",
        details="7.606 7.607 7.608 7.609 7.610 7.511 7.512", codes=(550, 554), source=EXCHANGE,
    ),
    _code(
        "Microsoft",
        "puts our mail off because of our address's reputation",
        "Nothing at once: it is tried again later and more slowly.",
        details="7.650 7.651 7.652 7.653", codes=(421, 450, 451), kind="throttled", pauses=False, source=MICROSOFT,
    ),
    _code(
        "Microsoft",
        "is busy, or puts our mail off for a while",
        "Nothing: it is tried again later.",
        details="7.500 7.501 7.502 7.508", codes=(421, 450, 451), kind="throttled", pauses=False, source=EXCHANGE,
    ),
    _code(
        "Microsoft",
        "says that we send faster, or over more connections, than our reputation allows",
        "Nothing at once: it is tried again later and more slowly.",
        codes=(421,), words=r"\bRP-00\d\b", kind="throttled", pauses=False, source=MICROSOFT,
    ),
    _code(
        "Microsoft",
        "refuses our mail for reasons of policy",
        "Look at the address in Microsoft's SNDS, and at complaints; then ask its sender support.",
        codes=(550, 554), words=r"\b(SC|DY|OU)-00\d\b", source=MICROSOFT,
    ),
    # Anybody who asks a public list.
    _code(
        "The server",
        "takes nothing from our mail server's address: it is on a public list of bad senders",
        "Look the address up at check.spamhaus.org and on the list it names, mend the cause, and ask to be taken off.",
        codes=(550, 553, 554), words=r"(blocked|listed|rejected).{0,60}(spamhaus|spamcop|barracudacentral|sorbs)",
        source=SPAMHAUS,
    ),
    # Whoever keeps to the registry (RFC 7372, RFC 7505, RFC 8617).
    _code(
        "The server",
        "finds no DKIM signature that it accepts",
        "Sign with a DKIM key of the From address's own domain, and publish it.",
        details="7.20 7.21 7.22 7.32", source=IANA,
    ),
    _code(
        "The server",
        "does not trust the domain that bounces return to: SPF does not allow our mail server, or it takes no mail",
        "Put the mail server's address into that domain's SPF record, and give the domain an MX record.",
        details="7.23 7.24 7.27", source=IANA,
    ),
    _code(
        "The server",
        "misses a DKIM signature, or encryption all the way",
        "Sign with DKIM, and let the mail server use TLS.",
        details="7.30", source=IANA,
    ),
    _code(
        "The server",
        "wants the address we send from to have a name: its reverse DNS record (PTR) does not lead back",
        "Ask whoever runs the mail server's address to set its PTR record to a name that leads back to it.",
        details="7.25", source=IANA,
    ),
    _code(
        "The server",
        "says that our mail is not authenticated",
        "Publish SPF, sign with DKIM and align both with the From address; `newsletter doctor` says what is missing.",
        details="7.26 7.29", source=IANA,
    ),
    _code(
        "The server",
        "gets more mail from us than it allows",
        "Wait some hours and send more slowly.",
        details="7.28", source=IANA,
    ),
)  # fmt: skip


def find(*, code: int, enhanced: str, text: str) -> ProviderCode | None:
    """The first entry that fits a reply of class 4 or 5; None when we know nothing particular."""
    _, _, detail = enhanced.partition(".")
    for known in PROVIDER_CODES:
        if known.details and detail not in known.details:
            continue
        if known.codes and code not in known.codes:
            continue
        if known.words is not None and not known.words.search(text):
            continue
        return known
    return None
