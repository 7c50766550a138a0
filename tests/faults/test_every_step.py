"""Fault S1: 421, 4xx, 5xx and a cut at each of the eleven steps of the dialogue; what is to come of each, and why."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.delivery.control import release_actions
from newsletter.issues.models import Issue
from tests.delivery import newsroom
from tests.delivery.scripted_smtp import Do, Script, ScriptedServer, Step
from tests.faults import scenarios
from tests.faults.hunt import Hunt

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

BIG = 5_000_000
"""Bytes that do not fit between us and a server that does not read: the dot is still ours."""


@dataclass(frozen=True)
class Cell:
    """One fault at one step, met by the first of three readers."""

    step: str
    fault: Step
    first: str
    """What the ledger says of the first reader then."""
    tries: int
    pauses: str
    """What stands still then: `way out` (a person must act), `for a while`, `issue`, or empty."""
    end: str
    """What becomes of the first reader once it is over."""
    why: str
    small: bool = False

    @property
    def name(self) -> str:
        said = self.fault[:3].decode() if isinstance(self.fault, bytes) else "cut"
        return f"{self.step.lower()}-{said}{'-small' if self.small else ''}"


NEVER_ASKED = "the server never heard of this reader: no try is counted, and it is left alone for a while (B3)"
A_PERSON = "nothing that we can do by ourselves mends it; nobody's delivery is penalised (B4, T1)"
LATER = "a 4xx is about this try: later again, the others go on (B1)"
CUT = "cut before the dot the server has no message: later again (B1)"
POLICY = "it is about us, not about this reader: the issue waits for a person, nobody is refused (B4)"
CLOSING = "a 421 asks to be left alone; before it had seen the reader it costs no try, afterwards it does (B3)"
ACCEPTED = "what was answered 250 is accepted, however the server says good-bye"
RESET = "the refusal before it stands; the others go on over a new connection (B8)"

CELLS = [
    Cell("GREETING", b"421 4.3.2 closing\r\n", "pending", 0, "for a while", "accepted", NEVER_ASKED),
    Cell("GREETING", b"451 4.3.0 later\r\n", "pending", 0, "for a while", "accepted", NEVER_ASKED),
    Cell("GREETING", b"554 5.3.0 no\r\n", "pending", 0, "for a while", "accepted", NEVER_ASKED),
    Cell("GREETING", Do.DROP, "pending", 0, "for a while", "accepted", NEVER_ASKED),
    Cell("EHLO", b"421 4.3.2 closing\r\n", "pending", 0, "for a while", "accepted", NEVER_ASKED),
    Cell("EHLO", b"451 4.3.0 later\r\n", "pending", 0, "for a while", "accepted", NEVER_ASKED),
    Cell("EHLO", b"550 5.3.0 no\r\n", "pending", 0, "way out", "accepted", "HELO offers no encryption: " + A_PERSON),
    Cell("EHLO", Do.DROP, "pending", 0, "for a while", "accepted", NEVER_ASKED),
    Cell("STARTTLS", b"421 4.3.2 closing\r\n", "pending", 0, "for a while", "accepted", NEVER_ASKED),
    Cell("STARTTLS", b"454 4.7.0 later\r\n", "pending", 0, "for a while", "accepted", NEVER_ASKED),
    Cell("STARTTLS", b"554 5.7.0 no\r\n", "pending", 0, "way out", "accepted", A_PERSON),
    Cell("STARTTLS", Do.DROP, "pending", 0, "for a while", "accepted", NEVER_ASKED),
    Cell("AUTH", b"421 4.3.2 closing\r\n", "pending", 0, "for a while", "accepted", NEVER_ASKED),
    Cell("AUTH", b"454 4.7.0 later\r\n", "pending", 0, "for a while", "accepted", NEVER_ASKED),
    Cell("AUTH", b"535 5.7.8 no\r\n", "pending", 0, "way out", "accepted", A_PERSON),
    Cell("AUTH", Do.DROP, "pending", 0, "for a while", "accepted", NEVER_ASKED),
    Cell("MAIL", b"421 4.3.2 closing\r\n", "pending", 0, "for a while", "accepted", CLOSING),
    Cell("MAIL", b"451 4.3.0 later\r\n", "deferred", 1, "", "accepted", LATER),
    Cell("MAIL", b"550 5.7.1 policy\r\n", "deferred", 1, "issue", "accepted", POLICY),
    Cell("MAIL", Do.DROP, "deferred", 1, "", "accepted", CUT),
    Cell("RCPT", b"421 4.3.2 closing\r\n", "deferred", 1, "for a while", "accepted", CLOSING),
    Cell("RCPT", b"450 4.2.1 later\r\n", "deferred", 1, "", "accepted", LATER),
    Cell("RCPT", b"550 5.1.1 unknown\r\n", "refused", 1, "", "refused", "it is about this reader alone (B4)"),
    Cell("RCPT", Do.DROP, "deferred", 1, "", "accepted", CUT),
    Cell("DATA", b"421 4.3.2 closing\r\n", "deferred", 1, "for a while", "accepted", CLOSING),
    Cell("DATA", b"451 4.3.0 later\r\n", "deferred", 1, "", "accepted", LATER),
    Cell("DATA", b"554 5.7.1 policy\r\n", "deferred", 1, "issue", "accepted", POLICY),
    Cell("DATA", Do.DROP, "deferred", 1, "", "accepted", CUT),
    Cell("BLOCK", b"421 4.3.2 closing\r\n", "deferred", 1, "for a while", "accepted", CLOSING),
    Cell("BLOCK", b"451 4.3.0 later\r\n", "deferred", 1, "", "accepted", LATER),
    Cell("BLOCK", b"552 5.3.4 too big\r\n", "refused", 1, "", "refused", "said of this message, before its dot (B4)"),
    Cell("BLOCK", Do.DROP, "deferred", 1, "", "accepted", "the dot was still ours, and went with the connection"),
    Cell("DOT", b"421 4.3.2 closing\r\n", "deferred", 1, "for a while", "accepted", CLOSING),
    Cell("DOT", b"451 4.3.0 later\r\n", "deferred", 1, "", "accepted", LATER),
    Cell("DOT", b"554 5.7.1 policy\r\n", "deferred", 1, "issue", "accepted", POLICY),
    Cell("DOT", Do.DROP, "uncertain", 1, "", "uncertain", "it may have been taken: nobody guesses (B6)"),
    Cell("RSET", b"421 4.3.2 closing\r\n", "refused", 1, "", "refused", RESET),
    Cell("RSET", b"451 4.3.0 later\r\n", "refused", 1, "", "refused", RESET),
    Cell("RSET", b"550 5.3.0 no\r\n", "refused", 1, "", "refused", RESET),
    Cell("RSET", Do.DROP, "refused", 1, "", "refused", RESET),
    Cell("QUIT", b"421 4.3.2 closing\r\n", "accepted", 1, "", "accepted", ACCEPTED),
    Cell("QUIT", b"451 4.3.0 later\r\n", "accepted", 1, "", "accepted", ACCEPTED),
    Cell("QUIT", b"550 5.3.0 no\r\n", "accepted", 1, "", "accepted", ACCEPTED),
    Cell("QUIT", Do.DROP, "accepted", 1, "", "accepted", ACCEPTED),
]
SMALL = Cell(
    "BLOCK", (0.1, Do.DROP), "uncertain", 1, "", "uncertain", "content and dot had left us in one write", small=True
)


def test_the_table_is_whole() -> None:
    """Eleven steps, four faults at each."""
    assert len({cell.name for cell in CELLS}) == len(CELLS) == 44
    assert len({cell.step for cell in CELLS}) == 11


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each cell as servers of today are, pipelining; in the long form also one command after the other."""
    if "cell" in metafunc.fixturenames:
        ways = [True] if metafunc.config.getoption("--rounds") == 1 else [True, False]
        metafunc.parametrize("pipelining", ways, ids=lambda way: "pipelined" if way else "one by one")
        metafunc.parametrize("cell", [*CELLS, SMALL], ids=lambda cell: cell.name)


def test_a_fault_at_a_step_of_the_dialogue(
    hunt: Callable[..., Hunt],
    readers: newsroom.Readers,
    context: ssl.SSLContext,
    trusted: Path,
    cell: Cell,
    pipelining: bool,
) -> None:
    """S1: over TLS, signed in, with and without pipelining; afterwards everyone has it who can."""
    inside = cell.step == "BLOCK" and not cell.small
    issue = newsroom.approved_issue(list_id=readers.list_id, now=readers.now, number=2, filler=BIG if inside else 0)
    server = ScriptedServer(
        _script(cell),
        offered=("AUTH PLAIN", *(("PIPELINING",) if pipelining else ())),
        context=context,
        password="secret",
        window=4096 if inside else 0,
        keeps=False,
    )
    under_fire = hunt(server, issue=issue, connections=1, url="smtp://desk:secret@127.0.0.1:{port}", authority=trusted)
    planned = scenarios.release(issue, readers, count=3)
    victim = min(planned)
    expected = (cell.first, cell.tries, cell.pauses)
    with under_fire.worker() as worker:
        under_fire.until(
            lambda: bool(server.met[cell.step] or cell.step == "QUIT") and _seen(under_fire, victim) == expected, worker
        )
        if not cell.pauses:
            others = sorted(set(planned) - {victim})
            under_fire.until(lambda: all(_seen(under_fire, one)[0] == "accepted" for one in others), worker)
        worker.stop()
    under_fire.jump(scenarios.AGAIN)
    if cell.pauses == "issue":
        release_actions.resume(issue.pk, by="staff:1", now=datetime.now(UTC))
    under_fire.finish()
    assert server.met[cell.step], "the fault was not met"
    assert _seen(under_fire, victim)[0] == cell.end, cell.why
    scenarios.judge(under_fire, planned, doubts=int(cell.end == "uncertain"))
    assert "secret" not in under_fire.log_text()


def _script(cell: Cell) -> Script:
    if cell.step == "RSET":
        return {"RCPT": [b"550 5.1.1 unknown\r\n"], "RSET": [cell.fault]}
    return {cell.step: [cell.fault]}


def _seen(under_fire: Hunt, subscriber: int) -> tuple[str, int, str]:
    row = under_fire.rows().get(subscriber)
    carrier_settings_of = {"paused": "way out", "sleeps": "for a while", "": ""}[under_fire.carrier_settings_of]
    stands = "issue" if Issue.objects.get(pk=under_fire.issue.pk).state == "paused" else carrier_settings_of
    return (str(row.state), row.tries, stands) if row else ("pending", 0, stands)
