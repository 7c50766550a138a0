"""Limits of signing in that lock out nobody but whoever is above them."""

import re
from collections.abc import Iterator

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from newsletter.staff import attempt_limits, devices, views
from newsletter.staff.models import User

pytestmark = pytest.mark.django_db

PASSWORD, WRONG = "a long password", "a wrong password"
MAILED = [("account_request_login_code", attempt_limits.CODE), ("account_reset_password", attempt_limits.RESET)]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds ask here."""
    monkeypatch.setattr(views, "EVEN_SECONDS", 0)


def networks() -> Iterator[str]:
    """Addresses in networks that have nothing to do with each other."""
    return (f"198.51.{number}.7" for number in range(250))


def try_password(address: str, password: str = WRONG, *, client: Client | None = None, of: str = "192.0.2.1") -> str:
    """`in`, `wrong` or `refused`."""
    answer = (client or Client()).post(
        reverse("account_login"), {"login": address, "password": password}, REMOTE_ADDR=of
    )
    if answer.status_code == 302:
        return "in"
    return "refused" if "Too many attempts" in answer.content.decode() else "wrong"


def ask(name: str, address: str, *, client: Client | None = None, of: str = "192.0.2.1") -> bool:
    """Whether a code or a link was promised."""
    return (client or Client()).post(reverse(name), {"email": address}, REMOTE_ADDR=of).status_code == 302


def device_of(person: User, *, password: str = PASSWORD, of: str = "192.0.2.1") -> Client:
    """A browser in which this person signed in once, and out again."""
    client = Client()
    assert try_password(person.email, password, client=client, of=of) == "in"
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session
    return client


def attack(person: User) -> None:
    """From many networks, until nobody unknown may try this account any more."""
    for network in networks():
        if try_password(person.email, of=network) == "refused":
            return
    raise AssertionError("nobody was refused")


def test_who_fails_for_an_account_from_elsewhere_does_not_lock_out_its_owners_device(admin: User) -> None:
    chief = device_of(admin)
    attack(admin)

    assert try_password(admin.email, PASSWORD, of="203.0.113.9") == "refused", "a device that is not known waits"
    assert try_password(admin.email, PASSWORD, client=chief) == "in"


@pytest.mark.parametrize(("name", "each"), MAILED)
def test_who_asks_for_codes_and_links_from_elsewhere_does_not_keep_the_owner_from_them(
    name: str, each: attempt_limits.AttemptLimits, admin: User
) -> None:
    chief = device_of(admin)
    asked = [
        ask(name, admin.email, of=network) for network, _ in zip(networks(), range(each.account.most + 3), strict=False)
    ]
    assert sum(asked) == len(mail.outbox) == each.account.most, "nor does it fill her mailbox"

    assert ask(name, admin.email, client=chief)
    assert len(mail.outbox) == each.account.most + 1


def test_one_member_does_not_lock_out_an_office(admin: User, editor: User) -> None:
    """Behind one network address: who has forgotten a password, then one who tries every account."""
    colleague = device_of(admin)
    for _ in range(50):
        try_password("forgetful@example.org")
    assert try_password("forgetful@example.org") == "refused"
    assert try_password(editor.email, PASSWORD) == "in", "nobody else is concerned, on whatever device"

    for number in range(attempt_limits.SIGN_IN.network.most):
        try_password(f"guess{number}@example.org")
    assert try_password(editor.email, PASSWORD) == "refused", "a device that is not known waits"
    assert try_password(admin.email, PASSWORD, client=colleague) == "in"
    assert try_password(editor.email, PASSWORD, of="192.0.2.2") == "in", "and nobody elsewhere"


@pytest.mark.parametrize(("name", "each"), MAILED)
def test_one_member_who_asks_for_codes_and_links_does_not_keep_an_office_from_them(
    name: str, each: attempt_limits.AttemptLimits, admin: User, editor: User
) -> None:
    colleague = device_of(admin)
    assert (
        sum(ask(name, "forgetful@example.org") for _ in range(each.account_from_network.most + 2))
        == each.account_from_network.most
    )
    assert ask(name, editor.email)
    for number in range(each.network.most):
        ask(name, f"guess{number}@example.org")
    assert not ask(name, editor.email)
    assert ask(name, admin.email, client=colleague)


@pytest.mark.parametrize(("within", "times"), [("2001:db8:7:1::{:x}", 1), ("2001:db8:7:{:x}::1", 2)])
def test_many_addresses_of_one_line_are_one_network(within: str, times: int) -> None:
    """/64, /56: and what one line fails for many accounts is no matter of the next."""
    tries = [try_password(f"guess{number}@example.org", of=within.format(number + 1)) for number in range(80)]
    assert tries.count("wrong") == times * attempt_limits.SIGN_IN.network.most
    assert try_password("guess@example.org", of="2001:db8:8:1::1") == "wrong"


def test_a_known_device_is_known_for_its_own_account_only(admin: User, editor: User) -> None:
    chief = device_of(admin)
    attack(editor)
    assert try_password(editor.email, PASSWORD, client=chief) == "refused"


def test_people_who_share_a_computer_are_all_known_on_it(admin: User, editor: User) -> None:
    shared = device_of(admin)
    assert try_password(editor.email, PASSWORD, client=shared) == "in"
    shared.post(reverse("account_logout"))
    for person in (admin, editor):
        attack(person)
        assert try_password(person.email, PASSWORD, client=shared) == "in"
        shared.post(reverse("account_logout"))


def test_a_new_password_ends_the_known_devices_but_the_one_it_was_chosen_on(admin: User) -> None:
    stolen, own = device_of(admin), device_of(admin)
    try_password(admin.email, PASSWORD, client=own)
    new = "quiet harbour lamp"
    changed = own.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )
    assert changed.status_code == 302
    own.post(reverse("account_logout"))
    attack(admin)

    assert try_password(admin.email, new, client=stolen) == "refused"
    assert try_password(admin.email, new, client=own) == "in"


def test_a_mailed_link_leads_in_however_many_tries_there_were(admin: User) -> None:
    """Who is on a new device meanwhile: the limit that strangers used up does not stand behind the link."""
    ask("account_reset_password", admin.email)
    attack(admin)
    link = re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert link
    client, new = Client(), "quiet harbour lamp"
    form = client.get(link[1], follow=True).redirect_chain[-1][0]
    assert client.post(form, {"password1": new, "password2": new}).status_code == 302
    assert client.session["_auth_user_id"] == str(admin.pk)
    client.post(reverse("account_logout"))
    assert try_password(admin.email, new, client=client) == "in", "and the device is known"


def test_a_known_device_has_limits_of_its_own(admin: User) -> None:
    """Whoever has stolen it does not guess for ever."""
    device = device_of(admin)
    tries = [try_password(admin.email, client=device) for _ in range(60)]
    known, unknown = attempt_limits.SIGN_IN.device.most, attempt_limits.SIGN_IN.account_from_network.most
    assert tries == ["wrong"] * (known + unknown) + ["refused"] * (60 - known - unknown)


def test_who_has_the_password_may_come_as_often_as_they_like(editor: User) -> None:
    for _ in range(attempt_limits.SIGN_IN.network.most + 5):
        assert try_password(editor.email, PASSWORD) == "in"


def test_a_success_in_between_gives_no_further_tries(editor: User) -> None:
    tries = []
    for _ in range(10):
        tries.append(try_password("guess@example.org"))
        try_password(editor.email, PASSWORD)
    assert tries.count("wrong") == attempt_limits.SIGN_IN.account_from_network.most


@pytest.mark.parametrize("case", [str.upper, lambda text: f"  {text} "])
def test_another_spelling_gives_no_further_tries(case: "type[str]", editor: User) -> None:
    for _ in range(attempt_limits.SIGN_IN.account_from_network.most):
        try_password(editor.email)
    assert try_password(case(editor.email), PASSWORD) == "refused"


def test_the_cookie_is_for_the_pages_of_accounts_alone_and_names_nobody(admin: User) -> None:
    client = Client()
    client.get(reverse("account_login"))
    assert devices.COOKIE not in client.cookies
    try_password(admin.email, PASSWORD, client=client)
    cookie = client.cookies[devices.COOKIE]
    assert (cookie["path"], cookie["samesite"], bool(cookie["httponly"])) == ("/accounts/", "Lax", True)
    assert admin.email not in cookie.value
    assert "example" not in cookie.value
    before = cookie.value
    client.get(reverse("profile"))
    assert client.cookies[devices.COOKIE].value == before, "it is written once"


def test_what_is_no_cookie_of_ours_makes_no_device_known(admin: User) -> None:
    mine = device_of(admin).cookies[devices.COOKIE].value
    attack(admin)
    other = mine[:-1] + ("A" if mine[-1] != "A" else "B")
    forged = ["", "|", "x", other, mine.replace(f"{admin.pk}.", f"{admin.pk + 1}.", 1), "9" * 5_000, f"{mine}|" * 500]
    for value in (*forged[:-1], "|".join(["1.x:y:z"] * 400), "\x00", "é", "9" * 18 + "." + "A" * 22 + ":a:b"):
        client = Client()
        client.cookies[devices.COOKIE] = value
        assert try_password(admin.email, PASSWORD, client=client) == "refused", value[:80]


def test_known_and_unknown_accounts_cost_the_same_statements(admin: User, editor: User) -> None:
    """Threat 11: also on a device that knows somebody."""
    cookie = device_of(admin).cookies[devices.COOKIE].value
    for value in ("", cookie):
        costs = set()
        for address in (editor.email, "nobody@example.org"):
            client = Client()
            client.cookies[devices.COOKIE] = value
            with CaptureQueriesContext(connection) as queries:
                ask("account_request_login_code", address, client=client)
            counts = [one for one in queries if "tally" in one["sql"]]
            costs.add((len(counts), sum("newsletter_user" in one["sql"] for one in queries)))
        assert len(costs) == 1, costs
