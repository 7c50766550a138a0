"""The judge of a kill test: reads the sink's record, and holds the ledger to it."""

from collections import Counter
from collections.abc import Iterable, Mapping

from newsletter.delivery import queries
from newsletter.delivery.models import Result
from newsletter.delivery.states import DeliveryState
from newsletter.issues.models import Issue
from tests.faults.sink import Copy


class Breach(AssertionError):
    """A promise was broken."""


def judge(issue: Issue, copies: Iterable[Copy], *, planned: Mapping[int, str], doubts_allowed: int) -> int:
    """I1, I2, I3: everyone planned exactly once, nobody else at all; doubts shown, and no more than allowed.

    Returns how many are in doubt. Raises Breach.
    """
    copies = list(copies)
    got = Counter(copy.recipient for copy in copies)
    states = dict(Result.objects.filter(issue_id=issue.pk).values_list("subscriber", "state"))
    strangers = set(got) - set(planned.values())
    _check(not strangers, f"{len(strangers)} got a mail who were not planned")
    ids = {copy.recipient: copy.message_id for copy in copies}
    _check(len(set(ids.values())) == len(ids), "two readers got the same Message-ID")
    _check(all(copy.message_id == ids[copy.recipient] for copy in copies), "a second copy has another Message-ID")
    doubtful = 0
    for subscriber, address in planned.items():
        state = states.get(subscriber, DeliveryState.PENDING)
        if state == DeliveryState.UNCERTAIN:
            doubtful += 1
            _check(got[address] <= 1, f"{subscriber} is in doubt and got {got[address]} copies")
        else:
            wanted = 1 if state == DeliveryState.ACCEPTED else 0
            _check(got[address] == wanted, f"{subscriber} is {state} and got {got[address]} copies")
    _check(doubtful <= doubts_allowed, f"{doubtful} in doubt, {doubts_allowed} connections were open at the kills")
    wrong = queries.out_of_balance(issue.pk)
    _check(not wrong, wrong)
    return doubtful


def _check(good: bool, words: str) -> None:
    if not good:
        raise Breach(words)
