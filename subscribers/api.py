"""The only door into subscribers: everything that a newsletter may ask or do."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from subscribers import address_redaction, addresses, erasing, housekeeping, queries, services, typed_addresses
from subscribers import audience as rules
from subscribers import lists as _lists
from subscribers.errors import InvalidInput, LeftBefore, NotFound, SubscribersError
from subscribers.imports import csv_cells, exporting, importing
from subscribers.imports.columns import answers
from subscribers.imports.importing import Unclear
from subscribers.joining import request_limits, subscribing
from subscribers.joining.form_requests import FormRequest
from subscribers.joining.request_limits import Counted, Limit
from subscribers.models import Subscriber
from subscribers.pages import leave_by_address
from subscribers.results import Evidence, ImportReport, Left, Letterhead, Links, ListSummary, Recipient, Statement

__all__ = [
    "Counted",
    "Evidence",
    "ImportReport",
    "InvalidInput",
    "Left",
    "LeftBefore",
    "Letterhead",
    "Limit",
    "Links",
    "ListSummary",
    "NotFound",
    "Recipient",
    "Statement",
    "SubscribersError",
    "Unclear",
]


# Audiences: what a release asks -------------------------------------------------------------------------------------


def audience_of_list(list_id: int) -> dict[str, Any]:
    """The audience rule "everyone on this list", as JSON: what an approval's hash covers."""
    return rules.of_list(list_id)


def recipients_of(audience: Mapping[str, Any], *, cut_off: datetime) -> Statement:
    """Compile the audience rule into the one statement that a freeze runs. The only SQL that passes the door.

    Raises InvalidInput for a rule that is not known.
    """
    return rules.statement(audience, cut_off=cut_off)


def recipients(audience: Mapping[str, Any], ids: Sequence[int]) -> dict[int, Recipient]:
    """Re-read consent and suppression, and the address, of a chunk's people. Erased people are absent."""
    return rules.recipients(audience, ids)


def may_receive(audience: Mapping[str, Any], ids: Sequence[int]) -> dict[int, str | None]:
    """Id to None (may receive) or the reason why not; the cheap re-read of a held chunk, each second (trust U6).

    Every id that was asked for is answered: people erased since then are "erased".
    """
    return rules.may_receive(audience, ids)


def domain_groups() -> Mapping[int, str]:
    """The names of the domain groups that are a single provider's; every other group mixes small domains."""
    return addresses.FAMILY_NAMES


def links_for(token: str, *, base_url: str) -> Links:
    """The links that leave by this token."""
    return Links(one_click=f"{base_url.rstrip('/')}/u/{token}/", mailto=f"leave+{token}")


# Lists ----------------------------------------------------------------------------------------------------------------


def lists() -> list[ListSummary]:
    """Every list with its counts, by name."""
    return _lists.summaries()


def get_list(list_id: int) -> ListSummary:
    """One list. Raises NotFound (a LookupError)."""
    found = _lists.summaries([list_id])
    if not found:
        raise NotFound(gettext("There is no list %(id)s.") % {"id": list_id})
    return found[0]


def find_list(name: str) -> ListSummary:
    """One list by its slug, number or exact name. Raises NotFound."""
    return get_list(_lists.find(name).pk)


def namesakes_of_list(name: str) -> list[str]:
    """The slugs of lists that have this name already."""
    return _lists.namesakes(name)


def create_list(
    *, name: str, now: datetime, language: str = "en", slug: str = "", description: str = "", consent_text: str = ""
) -> ListSummary:
    """A new list; slug and consent text are made when not given. Raises InvalidInput."""
    created = _lists.create(
        name=name, now=now, language=language, slug=slug, description=description, consent_text=consent_text
    )
    return get_list(created.pk)


# People ---------------------------------------------------------------------------------------------------------------


def add(
    list_id: int,
    address: str,
    *,
    basis: str,
    now: datetime,
    actor: str,
    name: str = "",
    method: str = "staff",
    asked_again: bool = False,
) -> int:
    """Put a person on a list on a declared basis; their id. Raises InvalidInput, also for whoever has left.

    Raises LeftBefore for whoever had left this list in another program, by a file that was imported: only who knows
    that they have ``asked_again`` since may add them.
    """
    return services.add(
        list_=_lists.get(list_id),
        address=address,
        name=name,
        basis=basis,
        now=now,
        actor=actor,
        method=method,
        asked_again=asked_again,
    ).pk


def find(address: str) -> int | None:
    """The id of the person with this address, by the blind index. Raises InvalidInput for what is no address."""
    return queries.find(address)


def in_domain(domain: str, ids: Sequence[int]) -> set[int]:
    """Those of these people whose address is at this domain, in either of its spellings. Raises InvalidInput."""
    return queries.in_domain(domain, ids)


def addresses_of(ids: Sequence[int]) -> dict[int, str]:
    """The addresses in clear of those who are still known, whatever they agreed to."""
    return queries.addresses_of(ids)


def address_of(subscriber: int) -> str | None:
    """One person's address in clear; None when they are not known (any more)."""
    value = Subscriber.objects.filter(pk=subscriber).values_list(addresses.COLUMN, flat=True).first()
    return None if value is None else addresses.opened(value)


def checked_address(text: str) -> str:
    """What a person typed, in the normal form that an envelope bears. Raises InvalidInput, in their language."""
    return typed_addresses.parse(text).full


def shown_address(address: str) -> str:
    """An address as people write it, its domain in its own script: for pages of the staff."""
    return addresses.shown(address)


def leave(token: str, *, now: datetime, method: str, actor: str = "") -> Left | None:
    """Take a person off the list that an unsubscribe token names, at once; None for a token that is not ours."""
    return services.leave(token, now=now, method=method, actor=actor)


def unsubscribe(list_id: int, address: str, *, now: datetime, actor: str, method: str = "staff") -> Left:
    """Take a person off a list who asked for it in another way. Raises NotFound, InvalidInput."""
    subscriber = find(address)
    if subscriber is None:
        raise NotFound(gettext("This address is not on this list."))
    return services.unsubscribe(list_id=list_id, subscriber_id=subscriber, now=now, actor=actor, method=method)


def suppress(address: str, *, reason: str, now: datetime, actor: str = "") -> None:
    """Never mail this address again, on any list."""
    services.suppress(address, reason=reason, now=now, actor=actor)


def lift(address: str, *, now: datetime, actor: str) -> bool:
    """Let a suppressed address be mailed again where its consent allows; False when it was not suppressed."""
    return services.lift(address, now=now, actor=actor)


def erase(subscriber: int, *, now: datetime, actor: str, keep_away: bool = True) -> tuple[str, ...]:
    """Forget a person wherever they are kept; the files that could not be read or written, and may name them still.

    With ``keep_away`` a keyed hash stays suppressed. Raises NotFound.
    """
    return erasing.erase(subscriber, now=now, actor=actor, keep_away=keep_away)


def without(address: str, text: str) -> str:
    """The text without this address, however it is spelled; those of others stay."""
    return address_redaction.redacted(address, text)


def without_in(address: str, value: Any) -> Any:
    """Take the address out of a value such as JSON holds, the keys of its objects among it."""
    return address_redaction.redacted_json(address, value)


def means(address: str, text: str) -> bool:
    """Whether the text is this address, however it is spelled, and nothing else."""
    return address_redaction.is_spelling_of(address, text)


def needles(address: str) -> tuple[str, ...]:
    """ASCII letters and digits that whatever names this address holds: what a database can look for first."""
    return address_redaction.needles(address)


def ask_to_join(list_id: int, address: str, *, form_url: str, client: str, now: datetime, proof: str = "") -> None:
    """What the public form does: send the confirmation mail that is due, if any. Raises InvalidInput."""
    request = FormRequest(address=typed_addresses.parse(address), form_url=form_url, client=client, proof=proof)
    subscribing.ask(_lists.get(list_id), request, now=now)


def leave_page(request: HttpRequest, list_id: int, *, back: str) -> HttpResponse:
    """The answer of a page without a token where a reader wants to leave: a form that mails them their own link.

    The view that uses it is exempt from CSRF, as all our public forms are: nobody is known there.
    """
    return leave_by_address.by_address(request, _lists.known(list_id), back)


def evidence_of(subscriber: int) -> list[Evidence]:
    """How a person came onto and off each list, oldest first: the proof of their consent (trust L2)."""
    return queries.evidence_of(subscriber)


# Limits ---------------------------------------------------------------------------------------------------------------


def by_networks(limit: Limit, client: str, purpose: str) -> list[Counted]:
    """The limit for each network of a client address, the narrowest first; a wide network may do more."""
    return request_limits.by_networks([limit], client, purpose)


def network_of(client: str) -> str:
    """The network of one household that a client address is in: its members count together."""
    return request_limits.networks_of(client)[0][0]


def take_all(counted: Sequence[Counted], *, now: datetime) -> bool:
    """Count once under each limit, in all processes; False at the first that is passed, and nothing behind it."""
    return request_limits.take_all(counted, now=now)


def give_back(counted: Sequence[Counted]) -> None:
    """What was counted by `take_all` turned out to be none."""
    request_limits.give_back(counted)


# Files ----------------------------------------------------------------------------------------------------------------


def import_csv(
    list_id: int,
    path: Path,
    *,
    basis: str,
    now: datetime,
    actor: str,
    dry_run: bool = False,
    answers: Mapping[str, str] | None = None,
    rejected_to: Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> ImportReport:
    """Bring people from a CSV file onto a list. Raises InvalidInput that names the file and the line, or the basis.

    Raises Unclear when a column may say who has left and is not understood, until ``answers`` (its title to an answer,
    see `roles.CHOICES`) say what it means.

    Bad rows go to ``<file>.rejected.csv`` with line and reason. A killed import goes on where it stopped when it is
    run again; a finished import changes nothing. ``progress`` is told the stage (check,
    compare, commit), done and total.
    """
    return importing.import_file(
        _lists.get(list_id),
        path,
        basis=basis,
        now=now,
        actor=actor,
        dry_run=dry_run,
        answers=answers,
        rejected_to=rejected_to,
        progress=progress,
    )


def column_answer(text: str) -> tuple[str, str]:
    """Title and answer from `NAME=left`, for ``answers``. Raises ValueError."""
    return answers.parse(text)


def column_values(answer: str) -> tuple[list[str], list[str]] | None:
    """The values that mean “left”, and those that do not, where an answer names them."""
    return answers.named(answer)


def csv_line(cells: Sequence[str]) -> str:
    """One record of a CSV file in which no spreadsheet finds a formula."""
    return csv_cells.line(cells)


def export_csv(list_id: int) -> Iterator[str]:
    """A list as lines of CSV, safe to open in a spreadsheet."""
    return exporting.lines(_lists.get(list_id))


def export_file(list_id: int, target: Path) -> int:
    """Write the list into a file of mode 0600; how many people it holds."""
    return exporting.export_file(_lists.get(list_id), target)


# Housekeeping ---------------------------------------------------------------------------------------------------------


def purge_pending(*, now: datetime) -> int:
    """Forget who was asked and did not answer within seven days (trust L1); how many. To be run daily or oftener.

    Also drops counts of past hours, and import files that nobody came back to.
    """
    return housekeeping.purge(now=now)
