"""The staff's pages about lists and people."""

import json
import re
from datetime import datetime
from itertools import product

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from subscribers import addresses, api, conf, queries, services
from subscribers.addresses import Address
from subscribers.imports import importing
from subscribers.models import ConsentEvent, ImportRun, List, Subscriber, Subscription, Suppression
from subscribers.pages import uploads
from subscribers.states import SubscriptionState as S
from tests.subscribers.factories import make_list, make_subscriber, state_of

pytestmark = pytest.mark.django_db


def signed_in(*, admin: bool) -> Client:
    user = get_user_model().objects.create(email=f"staff-{admin}@example.org", is_admin=admin)
    visitor = Client()
    visitor.force_login(user)
    return visitor


@pytest.fixture
def admin() -> Client:
    return signed_in(admin=True)


def upload(content: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("people.csv", content.encode(), content_type="text/csv")


def test_only_who_manages_subscribers_gets_in() -> None:
    """Deny by default: every page and step, for a stranger and for an editor."""
    letter = make_list()
    person = make_subscriber(letter)
    run = ImportRun.objects.create(list=letter, digest="0" * 64, started_at=letter.created_at)
    pages = ["", "new/", "find/", "lift/", f"people/{person.pk}/", f"people/{person.pk}/consent.json", f"{letter.pk}/"]
    pages += [f"{letter.pk}/{page}" for page in ("edit/", "add/", "export/", "import/", f"import/{run.pk}/")]
    pages += [f"{letter.pk}/import/{run.pk}/rejected.csv"]
    stranger, editor = Client(), signed_in(admin=False)

    for page, method in product(pages, ["get", "post"]):
        answer = getattr(stranger, method)(f"/lists/{page}")
        assert (answer.status_code, answer.headers.get("Location", "")[:10]) == (302, "/accounts/"), page
        assert getattr(editor, method)(f"/lists/{page}").status_code == 403, page


def test_an_empty_room_says_what_to_do_first(admin: Client) -> None:
    assert "There is no list yet" in admin.get("/lists/").content.decode()


def test_a_list_is_created_and_changed(admin: Client) -> None:
    made = admin.post("/lists/new/", {"name": "Harbour News", "language": "en", "description": "Boats."})
    letter = List.objects.get()
    assert made.headers["Location"] == f"/lists/{letter.pk}/"
    assert letter.slug == "harbour-news"
    assert "Harbour News" in letter.consent_text

    refused = admin.post(f"/lists/{letter.pk}/edit/", {"name": "", "language": "en", "consent_text": "x"})
    assert refused.status_code == 422
    assert "Give the list a name." in refused.content.decode()
    admin.post(
        f"/lists/{letter.pk}/edit/", {"name": "Port", "language": "fa", "description": "", "consent_text": "Yes."}
    )

    letter.refresh_from_db()
    assert (letter.name, letter.language, letter.consent_text, letter.open_to_join) == ("Port", "fa", "Yes.", False)
    again = admin.post("/lists/new/", {"name": "port ", "language": "en"}, follow=True)
    assert "Another list has the same name: harbour-news." in again.content.decode()


def test_the_list_shows_whole_addresses_in_pages(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    letter = make_list()
    people = [make_subscriber(letter, f"{name}maria@example.org") for name in "abc"]
    make_subscriber(letter, "zoe@example.org", state=S.UNSUBSCRIBED, suppressed=True)

    first = admin.get(f"/lists/{letter.pk}/")
    assert ">cmaria@example.org<" in first.content.decode()
    assert "amaria@" not in first.content.decode()
    assert first.headers["Cache-Control"] == "no-store"
    rest = admin.get(f"/lists/{letter.pk}/?before={queries.members(letter).after}").content.decode()

    assert "amaria@" in rest
    assert "cmaria@" not in rest
    assert "zoe@" in admin.get(f"/lists/{letter.pk}/?state=suppressed").content.decode()
    assert "zoe@" not in admin.get(f"/lists/{letter.pk}/?state=unsubscribed").content.decode()
    assert admin.get(f"/lists/{letter.pk}/?state=nonsense&before=-1x").status_code == 200
    assert queries.counts(letter) == {"confirmed": len(people), "pending": 0, "unsubscribed": 0, "suppressed": 1}


def found(admin: Client, letter: List, text: str, **more: object) -> str:
    answer = admin.post(f"/lists/{letter.pk}/", {"q": text, **more})
    assert answer.status_code == 200, "answered here: no address of a person stands in any URL"
    return answer.content.decode()


def test_a_list_is_searched_by_the_whole_address_however_it_is_spelled(admin: Client) -> None:
    letter, other = make_list(), make_list()
    ana = make_subscriber(letter, "Ana@bücher.example")
    make_subscriber(letter, "banana@xn--bcher-kva.example")
    elsewhere = make_subscriber(other, "olga@example.org")

    page = found(admin, letter, " ANA@xn--bcher-kva.example ")
    assert f'href="/lists/people/{ana.pk}/"' in page
    assert "banana@" not in page
    assert "or not with this status" in found(admin, letter, "ana@bücher.example", state="pending")
    page = found(admin, letter, "olga@example.org")
    assert "This address is not on this list." in page
    assert f'href="/lists/people/{elsewhere.pk}/"' in page
    assert "Check the spelling" in found(admin, letter, "nobody@example.org")


def test_a_list_is_searched_by_domain_and_status_in_pages(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    monkeypatch.setattr(queries, "AT_ONCE", 2)
    letter = make_list()
    # Of one provider, so that they share a number; and one whose end only looks the same.
    for number in range(5):
        make_subscriber(letter, f"p{number}@gmail.com")
        make_subscriber(letter, f"q{number}@googlemail.com", state=S.UNSUBSCRIBED)
    make_subscriber(letter, "r@notgmail.com")

    seen: list[str] = []
    before: object = ""
    while before is not None:
        page = found(admin, letter, "@GMAIL.com", before=before)
        seen += re.findall(r">([pqr]\d?@[a-z.]+)<", page)
        more = re.search(r'name="before" value="(\d+)"', page)
        before = more[1] if more else None

    assert seen == [f"p{number}@gmail.com" for number in (4, 3, 2, 1, 0)]
    assert "q4@googlemail.com" in found(admin, letter, "googlemail.com", state="unsubscribed")
    assert "Nobody with an address at this domain" in found(admin, letter, "gmail.com", state="unsubscribed")
    assert "Nobody with an address at this domain" in found(admin, letter, "example.net")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ana", "or a domain, such as example.org"),
        ("ex ample", "or a domain, such as example.org"),
        ("ana@example", "the part after the @ has no dot"),
        ("a@example.org, b@example.org", "Enter only one"),
        ("\x00", "Null characters are not allowed."),
    ],
)
def test_a_search_for_neither_says_so_and_keeps_what_was_typed(text: str, said: str, admin: Client) -> None:
    answer = admin.post(f"/lists/{make_list().pk}/", {"q": text})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert 'id="q-error"' in page
    assert f'value="{text}"' in page
    assert "There are no subscribers on this list yet" not in page


def test_what_must_not_be_mailed_is_said_of_an_address_that_is_searched(admin: Client, now: datetime) -> None:
    services.suppress("ana@example.org", reason="complaint", now=now)
    assert "Reason: complaint" in found(admin, make_list(), "ana@example.org")


def test_an_empty_list_says_what_to_do(admin: Client) -> None:
    letter = make_list()
    page = admin.get(f"/lists/{letter.pk}/").content.decode()
    assert "There are no subscribers on this list yet" in page
    assert f'href="/lists/{letter.pk}/import/"' in page
    assert "Nobody on this list has this status" in admin.get(f"/lists/{letter.pk}/?state=pending").content.decode()


def test_numbers_of_a_thousand_and_more_have_separators(admin: Client) -> None:
    letter = make_list()
    key = conf.settings().address_key
    people = [
        Subscriber(**addresses.columns(Address(f"p{n}", "example.org"), key=key), created_at=letter.created_at)
        for n in range(1_234)
    ]
    Subscriber.objects.bulk_create(people)
    Subscription.objects.bulk_create(
        Subscription(
            list=letter, subscriber=one, state=S.CONFIRMED, public_id=n.to_bytes(8, "big"), created_at=letter.created_at
        )
        for n, one in enumerate(Subscriber.objects.all())
    )
    for path in ("/lists/", f"/lists/{letter.pk}/"):
        assert "1,234" in admin.get(path).content.decode()


def test_a_person_is_found_by_the_exact_address_only(admin: Client) -> None:
    """No address in a URL: the search is posted, and leads to a number."""
    person = make_subscriber(make_list(), "ana@bücher.example")

    found = admin.post("/lists/find/", {"address": "ANA@xn--bcher-kva.example"})
    assert found.headers["Location"] == f"/lists/people/{person.pk}/"
    for nobody in ("ana@example.org", "ana", "%"):
        answer = admin.post("/lists/find/", {"address": nobody})
        assert answer.status_code == 422


def test_a_person_is_added_on_a_basis_and_taken_off(admin: Client) -> None:
    letter = make_list()
    without = admin.post(f"/lists/{letter.pk}/add/", {"address": "ana@example.org", "basis": ""})
    assert without.status_code == 422
    assert "Say how this person agreed" in without.content.decode()
    admin.post(f"/lists/{letter.pk}/add/", {"address": "ana@example.org", "name": "Ana", "basis": "by letter"})
    person = Subscriber.objects.get()
    assert state_of(person, letter) == S.CONFIRMED

    admin.post(f"/lists/people/{person.pk}/", {"action": "unsubscribe", "list": letter.pk})

    assert state_of(person, letter) == S.UNSUBSCRIBED
    kinds = [(event.kind, event.actor[:6]) for event in ConsentEvent.objects.order_by("pk")]
    assert kinds == [("added", "staff:"), ("unsubscribed", "staff:")]


def test_the_proof_is_shown_and_can_be_taken_away(admin: Client) -> None:
    """L2: evidence shown and exportable; it holds no address."""
    letter = make_list()
    admin.post(f"/lists/{letter.pk}/add/", {"address": "ana@example.org", "basis": "by <letter>"})
    person = Subscriber.objects.get()

    assert "by &lt;letter&gt;" in admin.get(f"/lists/people/{person.pk}/").content.decode()
    proof = admin.get(f"/lists/people/{person.pk}/consent.json")
    (event,) = json.loads(b"".join(proof))

    assert (event["kind"], event["text"], event["list_name"]) == ("added", "by <letter>", letter.name)
    assert "ana@" not in json.dumps(event)


def test_do_not_mail_lift_and_erase(admin: Client) -> None:
    letter = make_list()
    person = make_subscriber(letter, "ana@example.org")
    page = f"/lists/people/{person.pk}/"

    admin.post(page, {"action": "suppress", "reason": "complaint"})
    assert Suppression.objects.get().reason == "complaint"
    assert "must not be mailed" in admin.get(page).content.decode()
    admin.post(page, {"action": "lift"})
    assert not Suppression.objects.exists()
    admin.post(page, {"action": "erase", "keep_away": "on"})

    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().reason == "erased"
    assert admin.get(page).status_code == 404


def test_one_who_was_erased_can_be_let_back_when_they_ask(admin: Client, now: datetime) -> None:
    person = make_subscriber(make_list(), "ana@example.org")
    api.erase(person.pk, now=now, actor="staff:1")

    answer = admin.post("/lists/find/", {"address": "ana@example.org"}).content.decode()
    assert "must not be mailed" in answer
    admin.post("/lists/lift/", {"address": "ana@example.org"})

    assert not Suppression.objects.exists()
    assert "must not be mailed" not in admin.post("/lists/find/", {"address": "ana@example.org"}).content.decode()


@pytest.mark.parametrize(
    "posted",
    [
        {},
        {"action": "x"},
        {"action": "unsubscribe", "list": "x"},
        {"action": "unsubscribe", "list": "²"},
        {"action": "unsubscribe", "list": "9" * 30},
        {"action": "unsubscribe", "list": "9" * 5000},
        {"action": "suppress"},
    ],
)
def test_an_odd_post_changes_nothing(posted: dict[str, str], admin: Client) -> None:
    letter = make_list()
    person = make_subscriber(letter)

    assert admin.post(f"/lists/people/{person.pk}/", posted).status_code == 302
    assert state_of(person, letter) == S.CONFIRMED
    assert not Suppression.objects.exists()


def test_an_export_is_a_download_of_guarded_cells(admin: Client) -> None:
    letter = make_list()
    make_subscriber(letter, "ana@example.org", name="=1+1")

    assert admin.get(f"/lists/{letter.pk}/export/").headers["Location"] == f"/lists/{letter.pk}/"
    answer = admin.post(f"/lists/{letter.pk}/export/")

    text = b"".join(answer).decode("utf-8-sig")
    assert '"\'=1+1"' in text
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{letter.slug}.csv"'


def test_a_file_is_checked_shown_and_then_added_in_steps(
    admin: Client, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    """Threat 24, L2: a diff before anything changes; no basis, no import; who left stays away."""
    monkeypatch.setattr(importing, "AT_ONCE", 2)
    monkeypatch.setattr(uploads, "STEPS_IN_REQUEST", 2)
    letter = make_list()
    left = make_subscriber(letter, "left@example.org", state=S.UNSUBSCRIBED)
    content = "email\nleft@example.org\nrubbish\n" + "".join(f"p{n}@example.org\n" for n in range(5))

    checked = admin.post(f"/lists/{letter.pk}/import/", {"file": upload(content)})
    page = checked.headers["Location"]
    assert Subscriber.objects.count() == 1
    shown = admin.get(page).content.decode()
    assert "this is what would happen" in shown
    report = b"".join(admin.get(f"{page}rejected.csv")).decode()
    assert '"3"' in report
    assert admin.post(page, {"action": "commit", "basis": " "}).status_code == 422
    assert Subscriber.objects.count() == 1

    admin.post(page, {"action": "commit", "basis": "spring fair"})
    assert ImportRun.objects.get().committed == 4
    assert "4 of 6 people" in admin.get(page).content.decode()
    admin.post(page, {"action": "commit", "basis": "spring fair"})

    run = ImportRun.objects.get()
    assert (run.state, run.basis, run.counts["joined"], run.counts["unsubscribed"]) == ("done", "spring fair", 5, 1)
    assert state_of(left, letter) == S.UNSUBSCRIBED
    assert "The import is done" in admin.get(page).content.decode()
    assert b"".join(admin.get(f"{page}rejected.csv")).decode() == report
    assert admin.post(page, {"action": "commit", "basis": "again"}).status_code == 302
    assert not list(conf.settings().staging_dir.glob("*.sqlite3")), "no addresses are left behind"


@pytest.mark.parametrize("action", ["commit", "columns"])
def test_what_was_typed_stays_when_the_columns_changed(admin: Client, action: str) -> None:
    letter = make_list()
    content = "email,first,tier\na@example.org,Ana,gold\nb@example.org,Ben,free\n"
    page = admin.post(f"/lists/{letter.pk}/import/", {"file": upload(content)}).headers["Location"]
    chosen = {"column-0": "address", "column-1": "name", "column-2": "ignored"}
    again = admin.post(page, {"action": action, "basis": "spring <fair>", **chosen}, follow=True).content.decode()
    assert 'name="basis" value="spring &lt;fair&gt;"' in again
    assert "How they agreed" not in again, "nobody has been added"
    assert ImportRun.objects.get().state == "checked"
    admin.post(page, {"action": "commit", "basis": "spring fair", **chosen})
    assert [run.basis for run in ImportRun.objects.all()] == ["spring fair"]
    assert Subscription.objects.filter(basis="spring fair").count() == 2


def test_what_was_chosen_of_the_columns_stays_when_it_is_refused(admin: Client) -> None:
    letter = make_list()
    content = "email,other,status\na@example.org,c@example.org,gone\nb@example.org,d@example.org,here\n"
    page = admin.post(f"/lists/{letter.pk}/import/", {"file": upload(content)}).headers["Location"]
    admin.post(page, {"action": "columns", "column-0": "name", "column-1": "address"})
    chosen = {"column-0": "address", "column-1": "address", "column-2": "values", "values-2": ["here"]}
    refused = admin.post(page, {"action": "commit", "basis": "spring fair", **chosen})
    shown = refused.content.decode()
    assert refused.status_code == 422
    assert "Only one column can be the e-mail address." in shown
    for at, value in ((0, "address"), (1, "address"), (2, "values")):
        select = shown.partition(f'name="column-{at}"')[2].partition("</select>")[0]
        assert f'value="{value}" selected' in select
    assert 'value="here" checked' in shown
    assert 'value="gone" checked' not in shown


def test_a_file_that_is_none_is_refused_beside_its_field(admin: Client) -> None:
    letter = make_list()
    for posted in ({}, {"file": upload("")}, {"file": upload("town\nPorto\n")}):
        answer = admin.post(f"/lists/{letter.pk}/import/", posted)
        assert answer.status_code == 422
        assert 'id="file-error"' in answer.content.decode()
    assert not list(conf.settings().staging_dir.glob("*"))
    assert not ImportRun.objects.exists()


def test_a_checked_file_can_be_forgotten(admin: Client) -> None:
    letter = make_list()
    page = admin.post(f"/lists/{letter.pk}/import/", {"file": upload("email\na@example.org\n")}).headers["Location"]

    admin.post(page, {"action": "discard"})

    assert not ImportRun.objects.exists()
    assert not list(conf.settings().staging_dir.glob("*"))
    assert admin.get(page).status_code == 404


def test_every_page_stands_in_persian_too(admin: Client) -> None:
    letter = make_list(language="fa", name="نامهٔ بندر")
    person = make_subscriber(letter)
    admin.cookies["django_language"] = "fa"
    for page in ("", "new/", f"{letter.pk}/", f"{letter.pk}/edit/", f"{letter.pk}/import/", f"people/{person.pk}/"):
        answer = admin.get(f"/lists/{page}")
        assert answer.status_code == 200
        assert 'dir="rtl"' in answer.content.decode()


def test_what_staff_were_just_told_waits_for_a_page_of_theirs(admin: Client) -> None:
    letter = make_list()
    admin.post(f"/lists/{letter.pk}/add/", {"address": "ana@example.org", "basis": "by letter"})

    assert "Added to the list" not in admin.get(f"/join/{letter.slug}/").content.decode()
    assert "Added to the list" in admin.get(f"/lists/{letter.pk}/").content.decode()
