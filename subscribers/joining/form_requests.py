"""What a public form brings: an address and who asks; counted under the limits before anything follows from it."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from subscribers import conf, typed_addresses
from subscribers.addresses import Address
from subscribers.joining import proof_of_work, request_limits


@dataclass(frozen=True, slots=True)
class FormRequest:
    """What was asked, and by whom."""

    address: Address
    form_url: str
    client: str
    """Network address of the visitor: only counted, as a keyed hash, and forgotten within a day."""
    proof: str = ""
    trap: str = ""
    """A field that people do not see; whoever fills it in is a script."""


def of(request: HttpRequest) -> FormRequest:
    """The wish that a form posted. Raises BadAddress."""
    return FormRequest(
        address=typed_addresses.parse(request.POST.get("email", "")),
        form_url=conf.settings().base_url + request.path,
        client=request.META.get("REMOTE_ADDR", ""),
        proof=request.POST.get("proof", ""),
        trap=request.POST.get("website", ""),
    )


def is_welcome(request: FormRequest, *, purpose: str, now: datetime) -> bool:
    """True when the wish may be followed: under all limits, and not a script's. It is counted either way."""
    proved = proof_of_work.accept(request.proof, now=now)
    allowed = request_limits.passes(client=request.client, proved=proved, now=now, purpose=purpose)
    return allowed and not request.trap
