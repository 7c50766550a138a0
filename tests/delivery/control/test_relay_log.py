"""The logs of Postfix, Exim and OpenSMTPD, and lists of Message-IDs, read a line at a time."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.control import relay_log
from newsletter.delivery.control.relay_log import Format, Seen

A, B, C, D_, E = (f"<{letter * 32}@harbour.example>" for letter in "abcde")
AT = "Nov 28 06:00:01 relay"


def seen(text: str, *, form: Format, wanted: tuple[str, ...] = (A, B, C, D_, E)) -> Seen:
    return relay_log.read((line.encode() + b"\n" for line in text.splitlines()), form=form, wanted=wanted)


POSTFIX = f"""
{AT} postfix/smtpd[101]: 4F1A2B3C4D: client=news[192.0.2.7]
{AT} postfix/cleanup[102]: 4F1A2B3C4D: message-id={A}
{AT} postfix/qmgr[103]: 4F1A2B3C4D: from=<b+x@harbour.example>, size=43012, nrcpt=1 (queue active)
{AT} postfix/smtp[104]: 4F1A2B3C4D: to=<r@example.org>, relay=mx[198.51.100.1]:25, dsn=2.0.0, status=sent (250 ok)
{AT} postfix/qmgr[103]: 4F1A2B3C4D: removed
2026-11-28T06:00:02.123456+00:00 relay postfix-out/cleanup[102]: 4XyZ0123abcdefg: message-id={B}
2026-11-28T06:00:02.223456+00:00 relay postfix-out/qmgr[103]: 4XyZ0123abcdefg: from=<b+y@harbour.example>, size=1
2026-11-28T06:00:03.123456+00:00 relay postfix-out/smtp[4]: 4XyZ0123abcdefg: to=<s@example.org>, status=deferred (450)
2026-11-28T06:09:03.123456+00:00 relay postfix-out/smtp[4]: 4XyZ0123abcdefg: to=<s@example.org>, status=bounced (550)
{AT} postfix/cleanup[102]: 5A1A2B3C4D: message-id={C}
{AT} postfix/smtpd[101]: lost connection after DATA (43 bytes) from news[192.0.2.7]
{AT} postfix/cleanup[102]: 6A1A2B3C4D: message-id={D_}
{AT} postfix/cleanup[102]: 6A1A2B3C4D: milter-reject: END-OF-MESSAGE from news[192.0.2.7]: 5.7.1 no; from=<b+z@x>
{AT} postfix/cleanup[102]: 5A1A2B3C4D: message-id=<somebody@else.example>
{AT} postfix/qmgr[103]: 5A1A2B3C4D: from=<x@else.example>, size=43, nrcpt=1 (queue active)
"""


def test_postfix_has_taken_what_reached_its_queue() -> None:
    """Not what was named and then cut off, or refused by a filter; and a queue id may be used again."""
    found = seen(POSTFIX, form=Format.POSTFIX)
    assert found.taken == {A, B}
    assert found.later == {A: "sent", B: "bounced"}


EXIM = """
2026-11-28 06:00:01 1tGabc-000000001A2-0bcd <= b+x@harbour.example H=news [192.0.2.7] P=esmtps S=43012 id={a}
2026-11-28 06:00:02 1tGabc-000000001A2-0bcd => r@example.org R=dnslookup T=remote_smtp H=mx C="250 ok"
2026-11-28 06:00:02 1tGabc-000000001A2-0bcd Completed
2026-11-28 06:00:03 [77] 1mZtsr-0003ab-Xy <= b+y@harbour.example H=news P=esmtp S=430 id={b} from <b+y@x> for s@e.org
2026-11-28 06:00:04 [77] 1mZtsr-0003ab-Xy == s@example.org R=dnslookup T=remote_smtp defer (-44): 450 later
2026-11-28 06:09:04 [77] 1mZtsr-0003ab-Xy ** s@example.org R=dnslookup T=remote_smtp: 550 no
2026-11-28 06:00:05 1tGxyz-000000001A2-0bcd rejected after DATA: id={c}
""".format(a=A.strip("<>"), b=B.strip("<>"), c=C.strip("<>"))


def test_exim_has_taken_what_came_in_of_its_log() -> None:
    found = seen(EXIM, form=Format.EXIM)
    assert found.taken == {A, B}
    assert found.later == {A: "sent", B: "bounced"}


OPENSMTPD = """
Nov 28 06:00:01 relay smtpd[9]: 5f2a smtp connected address=192.0.2.7 host=news
Nov 28 06:00:01 relay smtpd[9]: 8d1cf2a100000001 smtp message msgid=0a1b2c3d size=43012 nrcpt=1 proto=ESMTP
Nov 28 06:00:01 mx smtpd[9]: 8d1cf2a100000001 smtp envelope evpid=0a1b2c3d4e5f6071 from=<B+ONE@harbour.example> to=<r>
Nov 28 06:00:03 mx smtpd[9]: 8d1cf2a2 mta delivery evpid=0a1b2c3d4e5f6071 from=<b> to=<r@e> result="TempFail"
Nov 28 06:00:09 relay smtpd[9]: 8d1cf2a2 mta delivery evpid=0a1b2c3d4e5f6071 from=<b> to=<r@e> result="Ok" stat="250"
Nov 28 06:00:01 relay smtpd[9]: 8d1cf2a1 smtp envelope evpid=1111111111111111 from=<else@harbour.example> to=<r@e>
"""


def test_opensmtpd_names_messages_by_their_sender() -> None:
    found = seen(OPENSMTPD, form=Format.OPENSMTPD, wanted=("b+one@harbour.example", "b+two@harbour.example"))
    assert found.taken == {"b+one@harbour.example"}
    assert found.later == {"b+one@harbour.example": "sent"}


def test_a_plain_list_is_a_list() -> None:
    found = seen(f"{A}\n  {B[1:-1]} \n# a note\n\n<else@example.org>\n", form=Format.PLAIN)
    assert (found.taken, found.lines, found.understood) == ({A, B}, 5, 3)


@pytest.mark.parametrize(("text", "form"), [(EXIM, Format.POSTFIX), (POSTFIX, Format.EXIM), (EXIM, Format.OPENSMTPD)])
def test_another_kind_of_log_is_not_understood_at_all(text: str, form: Format) -> None:
    found = seen(text, form=form)
    assert (found.taken, found.understood) == (set(), 0)


def test_a_log_is_never_held_in_memory() -> None:
    """What is unknown leaves nothing behind, however long it goes on."""
    reader = relay_log._Postfix({A.encode(): A})

    def lines() -> Iterator[bytes]:
        for n in range(20_000):
            yield f"{AT} postfix/cleanup[1]: {n:010X}: message-id=<{n}@else.example>\n".encode()
            yield f"{AT} postfix/qmgr[1]: {n:010X}: from=<a@else.example>, size=1\n".encode()

    assert reader.read(lines()).understood == 40_000
    assert reader._names == {}


NOISE = st.one_of(
    st.binary(max_size=300),
    st.sampled_from([line.encode() for text in (POSTFIX, EXIM, OPENSMTPD) for line in text.splitlines()]),
    st.builds(
        lambda line, at, junk: line[:at] + junk + line[at:],
        st.sampled_from([line.encode() for text in (POSTFIX, EXIM, OPENSMTPD) for line in text.splitlines()]),
        st.integers(0, 200),
        st.binary(max_size=20),
    ),
)


@given(lines=st.lists(NOISE, max_size=40), form=st.sampled_from(Format))
def test_garbage_breaks_nothing_and_names_nobody_who_was_not_asked_for(lines: list[bytes], form: Format) -> None:
    found = relay_log.read(iter(lines), form=form, wanted=(A, B))
    assert found.lines == len(lines)
    assert found.understood <= found.lines
    assert found.taken <= {A, B}
    assert set(found.later) <= found.taken
    assert not found.taken or any(one.strip("<>").encode() in line for one in found.taken for line in lines)
