"""What a public form brings: an address and who asks; counted under the limits before anything follows from it."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from subscribers import conf, words
from subscribers.addresses import Address
from subscribers.joining import limits, proof_of_work


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked, and by whom."""

    address: Address
    form_url: str
    client: str
    """Network address of the visitor: only counted, as a keyed hash, and forgotten within a day."""
    proof: str = ""
    trap: str = ""
    """A field that people do not see; whoever fills it in is a script."""


def of(request: HttpRequest) -> Wish:
    """The wish that a form posted. Raises BadAddress."""
    return Wish(
        address=words.address(request.POST.get("email", "")),
        form_url=conf.settings().base_url + request.path,
        client=request.META.get("REMOTE_ADDR", ""),
        proof=request.POST.get("proof", ""),
        trap=request.POST.get("website", ""),
    )


def is_welcome(wish: Wish, *, purpose: str, now: datetime) -> bool:
    """True when the wish may be followed: under all limits, and not a script's. It is counted either way."""
    proved = proof_of_work.accept(wish.proof, now=now)
    allowed = limits.passes(client=wish.client, proved=proved, now=now, purpose=purpose)
    return allowed and not wish.trap
