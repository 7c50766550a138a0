"""What replies are about, in the words of the large providers too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.carrier import Message, Phase, Reply
from newsletter.delivery.replies import classification, provider_codes, retry_policy
from newsletter.delivery.replies.classification import Classification, Kind
from newsletter.delivery.smtp import message_reply, reply_parser
from newsletter.delivery.states import DeliveryState as D
from tests.delivery.replies.test_retry_policy import LATER, NOW

GMAIL = "see https://support.google.com/mail/answer/81126 for more. a1-20020a05 - gsmtp"


def classified(line: str, *, phase: Phase = Phase.DOT) -> Classification:
    """As the wire brings it: a whole reply, read strictly."""
    return classification.classify(reply(line, phase=phase))


def reply(line: str, *, phase: Phase = Phase.DOT) -> Reply:
    message = Message(key=1, sender="", recipient="a@example.org", parts=())
    return message_reply.of_server(
        message, phase=phase, reply=reply_parser.parse([part.encode() for part in line.split("\n")])
    )


@pytest.mark.parametrize(
    ("line", "phase", "kind"),
    [
        ("550 5.1.1 No such user", Phase.RCPT, Kind.RECIPIENT),
        ("550 5.1.10 Null MX", Phase.RCPT, Kind.RECIPIENT),
        ("550 5.2.1 Mailbox disabled", Phase.RCPT, Kind.RECIPIENT),
        ("550 No such user", Phase.RCPT, Kind.RECIPIENT),
        ("551 User not local", Phase.RCPT, Kind.RECIPIENT),
        ("552 5.2.2 Over quota", Phase.RCPT, Kind.FULL),
        ("452 4.2.2 Over quota", Phase.RCPT, Kind.FULL),
        ("452 Insufficient system storage", Phase.RCPT, Kind.FULL),
        ("552 Mailbox full", Phase.DOT, Kind.FULL),
        ("452 Insufficient system storage", Phase.MAIL, Kind.OTHER),
        ("450 4.2.0 Greylisted, come back", Phase.RCPT, Kind.GREYLISTED),
        ("451 4.7.1 Greylisting in action", Phase.RCPT, Kind.GREYLISTED),
        ("450 4.7.1 Try again later", Phase.RCPT, Kind.GREYLISTED),
        ("451 You are greylisted", Phase.RCPT, Kind.GREYLISTED),
        ("552 5.3.4 Message too big", Phase.MAIL, Kind.SIZE),
        ("552 5.2.3 Message length exceeds limit", Phase.DOT, Kind.SIZE),
        ("552 Message exceeds fixed maximum size", Phase.MAIL, Kind.SIZE),
        ("530 5.7.0 Must issue STARTTLS", Phase.MAIL, Kind.POLICY),
        ("530 Authentication required", Phase.MAIL, Kind.LOGIN),
        ("535 5.7.8 Bad credentials", Phase.MAIL, Kind.LOGIN),
        ("550 5.7.1 Spam", Phase.DOT, Kind.POLICY),
        ("550 5.1.8 Sender's domain not found", Phase.MAIL, Kind.POLICY),
        ("550 Administrative prohibition", Phase.DOT, Kind.POLICY),
        ("421 Too many connections", Phase.MAIL, Kind.THROTTLED),
        ("450 4.4.2 Timed out", Phase.DOT, Kind.NETWORK),
        ("451 Local error", Phase.DOT, Kind.OTHER),
        ("554 Transaction failed", Phase.DOT, Kind.OTHER),
    ],
)
def test_a_reply_is_about_one_thing(line: str, phase: Phase, kind: Kind) -> None:
    assert classified(line, phase=phase).kind is kind


def test_silence_and_what_we_knew_ourselves_have_kinds_too() -> None:
    lost = Reply(1, D.UNCERTAIN, Phase.DOT, None, "", "the link broke")
    ours = Reply(1, D.REFUSED, Phase.MAIL, None, "5.6.7", "no SMTPUTF8")
    assert (classification.classify(lost).kind, classification.classify(ours).kind) == (Kind.NETWORK, Kind.UNMADE)


def test_the_basic_class_wins_a_contradiction() -> None:
    """B5: 450 with 5.1.1 is put off, whatever its enhanced code says; and the known of a table needs the code."""
    said = reply("450 5.1.1 No such user", phase=Phase.RCPT)
    assert (said.state, classification.classify(said).kind) == (D.DEFERRED, Kind.OTHER)
    assert classified(f"450 5.7.26 unauthenticated {GMAIL}").known is None


@pytest.mark.parametrize("class_", ["421-4", "550-5"])
@pytest.mark.parametrize(
    ("detail", "word"),
    [
        ("23", "PTR"),
        ("26", "authenticated"),
        ("27", "SPF"),
        ("28", "spam"),
        ("29", "TLS"),
        ("30", "DKIM"),
        ("32", "From"),
    ],
)
def test_what_gmail_wants_pauses_with_the_word_that_helps(class_: str, detail: str, word: str) -> None:
    """A2."""
    basic, enhanced = class_[:3], f"{class_[4]}.7.{detail}"
    said = reply(f"{basic}-{enhanced} This mail does not do.\n{basic} {enhanced} {GMAIL}")
    decision = retry_policy.decide(
        said, tries=1, refused_before=False, now=NOW, expires_at=LATER, again=False, chance=0.5
    )
    assert decision.state is D.DEFERRED
    assert decision.pause.startswith("Gmail ")
    assert word in decision.pause
    assert len(decision.pause) <= 500


@pytest.mark.parametrize("enhanced", ["4.7.23", "5.7.26", "5.7.27", "4.7.28", "5.7.29", "5.7.30", "5.7.32"])
def test_another_server_with_these_codes_pauses_too(enhanced: str) -> None:
    assert classified(f"{'421' if enhanced[0] == '4' else '550'} {enhanced} no").is_about_us


@pytest.mark.parametrize(
    ("line", "who", "pauses", "kind"),
    [
        ("421 4.7.0 [TSS04] Messages temporarily deferred due to volume or complaints", "Yahoo", False, Kind.THROTTLED),
        ("421 4.7.0 [TS02] Messages temporarily deferred", "Yahoo", False, Kind.THROTTLED),
        ("553 5.7.1 [BL21] Connections will not be accepted", "Yahoo", True, Kind.POLICY),
        ("554 5.7.9 Message not accepted for policy reasons. See yahoo", "Yahoo", True, Kind.POLICY),
        ("550 5.7.515 Access denied, sending domain does not meet the level", "Microsoft", True, Kind.POLICY),
        ("550 5.7.1 Unfortunately, messages weren't sent. (S3140).", "Microsoft", True, Kind.POLICY),
        ("550 5.7.1 Unfortunately, messages weren't sent. (S3150).", "Microsoft", True, Kind.POLICY),
        ("451 4.7.650 The mail server has been temporarily rate limited", "Microsoft", False, Kind.THROTTLED),
        ("451 4.7.500 Server busy. Please try again later", "Microsoft", False, Kind.THROTTLED),
        ("421 RP-001 The mail server exceeded the rate limit", "Microsoft", False, Kind.THROTTLED),
        (
            "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
            "The server",
            True,
            Kind.POLICY,
        ),
    ],
)
def test_yahoo_microsoft_and_public_lists_are_understood(line: str, who: str, pauses: bool, kind: Kind) -> None:
    """A3, A4."""
    found = classified(line)
    assert found.known is not None
    assert (found.known.provider, found.is_about_us, found.kind) == (who, pauses, kind)


def test_a_list_of_bad_senders_is_about_us_even_at_rcpt_and_any_other_refusal_there_is_not() -> None:
    """B4: what names us would be said to every recipient."""
    assert classified("550 5.7.1 blocked by spamhaus", phase=Phase.RCPT).is_about_us
    assert not classified("550 5.7.1 This mailbox takes no lists", phase=Phase.RCPT).is_about_us


def test_every_row_of_the_table_is_whole_and_can_be_reached() -> None:
    for known in provider_codes.PROVIDER_CODES:
        assert Kind(known.kind)
        assert known.source.startswith("https://")
        assert known.details or known.words
        assert not known.meaning.endswith(".")
        assert known.advice.endswith(".")
        assert len(f"{known.provider} {known.meaning}. {known.advice} Then resume: nobody was marked. ") < 360
    shadowed = [
        (high, low)
        for low, known in enumerate(provider_codes.PROVIDER_CODES)
        for high, above in enumerate(provider_codes.PROVIDER_CODES[:low])
        if above.words is None and known.details and known.details <= above.details and known.codes <= above.codes
    ]
    assert shadowed == []


@given(
    code=st.integers(400, 599),
    enhanced=st.from_regex(r"([45]\.\d{1,3}\.\d{1,3})?", fullmatch=True),
    text=st.text(max_size=200),
    phase=st.sampled_from(Phase),
)
def test_whatever_a_server_says_has_a_kind_that_fits_its_column(
    code: int, enhanced: str, text: str, phase: Phase
) -> None:
    said = reply_of(code, enhanced, text, phase)
    found = classification.classify(said)
    assert len(found.kind) <= 12
    # A reader is never blamed before the server was told of one.
    assert not (phase is Phase.MAIL and code >= 500 and found.is_about_us and found.kind is Kind.FULL)
    decision = retry_policy.decide(
        said, tries=1, refused_before=False, now=NOW, expires_at=LATER, again=False, chance=0.5
    )
    assert bool(decision.pause) == found.is_about_us
    assert decision.state is D.DEFERRED if decision.pause or code < 500 else decision.state is D.REFUSED


def reply_of(code: int, enhanced: str, text: str, phase: Phase) -> Reply:
    state = D.DEFERRED if code < 500 else D.REFUSED
    return Reply(1, state, phase, code, enhanced if enhanced[:1] == str(code // 100) else "", text)
