"""Signing in, opening an account, and the pages around it."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from newsletter.conf import config
from newsletter.errors import UserError
from newsletter.staff import access, services
from newsletter.staff.models import Invitation, User

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


def sign_in_page(client: Client) -> str:
    return client.get(reverse("account_login")).content.decode()


def test_the_sign_in_page_is_ours_and_names_no_way_to_sign_up(client: Client) -> None:
    page = sign_in_page(client)
    assert "newsletter/base.css" in page
    assert "signup" not in page


def test_a_person_signs_in_with_their_password_and_lands_in_the_newsroom(client: Client, editor: User) -> None:
    answer = client.post(
        reverse("account_login"), {"login": "Editor@example.org", "password": "a long password"}, follow=True
    )
    assert answer.redirect_chain == [("/", 302)]
    assert "Edda Editor" in answer.content.decode()


@pytest.mark.django_db(transaction=True)  # it gives its connection back
def test_whether_somebody_is_signed_in_is_asked_of_the_database(signed_in: SignedIn, editor: User) -> None:
    """WEB2: beside a request. A key is easily made up, and one of a stranger's session is nobody's either."""
    key = signed_in(editor).cookies["sessionid"].value
    strangers = SessionStore()
    strangers["typed"] = "editor@example.org"
    strangers.save()
    assert access.is_signed_in(key)
    assert not any(map(access.is_signed_in, ("", "made-up", key[:-1], key + "\0", "é", str(strangers.session_key))))
    editor.is_active = False
    editor.save()
    assert not access.is_signed_in(key)
    editor.is_active = True
    editor.set_password("another password")
    editor.save()
    assert not access.is_signed_in(key), "a new password ends it"


def test_sign_up_is_closed(client: Client) -> None:
    assert client.get("/accounts/signup/").status_code == 404
    assert client.post("/accounts/signup/", {"email": "new@example.org", "password1": "x"}).status_code == 404
    assert not User.objects.exists()


def test_a_code_signs_in(client: Client, editor: User) -> None:
    client.post(reverse("account_request_login_code"), {"email": editor.email})
    (sent,) = mail.outbox
    assert sent.extra_headers[services.MAIL_KIND] == "sign-in"
    code = sent.subject.rsplit(" ", 1)[1]
    assert code in sent.body
    answer = client.post(reverse("account_confirm_login_code"), {"code": code}, follow=True)
    assert "Edda Editor" in answer.content.decode()


def test_a_mailed_link_chooses_a_new_password_once(client: Client, editor: User) -> None:
    client.post(reverse("account_reset_password"), {"email": editor.email}, HTTP_HOST="localhost")
    link = re.search(r"http://\S+", mail.outbox[0].body.split("choose it:")[1])
    assert link
    assert link[0].startswith("http://127.0.0.1:8000/accounts/password/reset/key/")
    form = client.get(link[0], follow=True)
    path = form.redirect_chain[-1][0]
    answer = client.post(path, {"password1": "quiet harbour lamp", "password2": "quiet harbour lamp"})
    assert answer.status_code == 302
    editor.refresh_from_db()
    assert editor.check_password("quiet harbour lamp")
    assert "does not work any more" in Client().get(link[0], follow=True).content.decode()


@pytest.mark.parametrize("name", ["account_request_login_code", "account_reset_password"])
def test_known_and_unknown_addresses_get_the_same_answer(name: str, editor: User) -> None:
    """Threat 11: the body, the status and the headers are equal; an unknown address gets no mail."""

    def ask(address: str) -> tuple[object, ...]:
        client = Client()
        answer = client.post(reverse(name), {"email": address}, follow=True)
        body = re.sub(rb'value="\w{64}"', b"", answer.content).replace(address.encode(), b"ADDRESS")
        return body, answer.status_code, sorted(answer.headers), answer.redirect_chain

    assert ask("editor@example.org") == ask("nobody@example.org")
    assert [m.to for m in mail.outbox] == [["editor@example.org"]]


@pytest.mark.parametrize("address", ["editor@example.org", "nobody@example.org"])
def test_who_asks_for_a_code_is_told_once_that_it_comes_if_there_is_an_account(address: str, editor: User) -> None:
    """Threat 11: in every case the same words, and none that say more."""
    client = Client()
    for _ in range(2):
        page = client.post(reverse("account_request_login_code"), {"email": address}, follow=True).content.decode()
        assert "has an account, a code is on its way." in page
        assert page.count(address) == 1
        assert "has been sent" not in page


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(editor: User) -> None:
    """Threat 11."""

    def ask(address: str) -> tuple[bytes, int]:
        answer = Client().post(reverse("account_login"), {"login": address, "password": "wrong"})
        return re.sub(rb'value="\w{64}"', b"", answer.content).replace(address.encode(), b"ADDRESS"), answer.status_code

    assert ask("editor@example.org") == ask("nobody@example.org")


def test_guessing_passwords_is_stopped_for_everyone_alike(editor: User) -> None:
    for address in ("editor@example.org", "nobody@example.org"):
        for _ in range(6):
            answer = Client().post(reverse("account_login"), {"login": address, "password": "wrong"})
        assert "Too many" in answer.content.decode()


def test_looking_at_a_one_time_link_uses_nothing_up_and_its_button_opens_the_account_once(
    client: Client, now: datetime
) -> None:
    """Threats 7 and 8: scanners open links, people press buttons."""
    user = services.add(email="new@example.org", roles=frozenset({"admin"}), by="command", now=timezone.now())
    link = services.sign_in_link(user, now=timezone.now()).removeprefix("http://127.0.0.1:8000")
    for _ in range(3):
        assert client.get(link).status_code == 200
        assert client.head(link).status_code == 200
    assert client.get(link).headers["Referrer-Policy"] == "same-origin"
    answer = client.post(link, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert 'on the page <a href="/accounts/profile/">Your account</a> whenever' in answer.content.decode()
    assert Client().post(link).status_code == 404
    assert Client().get(link).status_code == 404
    short = {"name": "Nora New", "password": "short"}
    said = client.post("/accounts/profile/", short, headers={"accept-language": "fa"}).content.decode()
    assert "این گذرواژه کوتاه است" in said
    user.refresh_from_db()
    assert not user.has_usable_password()
    answer = client.post("/accounts/profile/", {"name": "Nora New", "password": "quiet harbour lamp"}, follow=True)
    assert "Nora New" in answer.content.decode()
    user.refresh_from_db()
    assert user.check_password("quiet harbour lamp")


def test_a_link_of_somebody_with_a_password_leads_into_the_newsroom_without_a_word(
    client: Client, editor: User
) -> None:
    link = services.sign_in_link(editor, now=timezone.now()).removeprefix("http://127.0.0.1:8000")
    answer = client.post(link, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "whenever you like" not in answer.content.decode()
    again = client.get(link)
    assert again.status_code == 404
    assert "Go to the newsroom" in again.content.decode()
    assert "Go to the newsroom" not in Client().get(link).content.decode()


def test_a_link_stops_after_seven_days_and_when_a_newer_one_is_made(now: datetime) -> None:
    user = services.add(email="new@example.org", roles=frozenset({"editor"}), by="command", now=now)
    first = services.sign_in_link(user, now=now).split("/")[-2]
    second = services.sign_in_link(user, now=now).split("/")[-2]
    with pytest.raises(UserError):
        services.find_link(first, now=now)
    with pytest.raises(UserError):
        services.find_link(second, now=now + timedelta(days=7))
    assert services.find_link(second, now=now + timedelta(days=6, hours=23)).email == user.email


def test_an_invitation_is_mailed_stored_only_as_a_hash_and_makes_the_account_with_its_roles(now: datetime) -> None:
    link = services.invite(email=" Guest@Example.org", roles=frozenset({"editor"}), by="staff:1", now=now)
    secret = link.split("/")[-2]
    (sent,) = mail.outbox
    assert link in sent.body
    assert sent.to == ["guest@example.org"]
    assert sent.extra_headers[services.MAIL_KIND] == "invitation"
    assert secret not in Invitation.objects.get().secret_hash
    opened = services.open_link(secret, now=now)
    assert opened.created
    assert (opened.user.is_editor, opened.user.is_admin) == (True, False)


def test_the_last_administrator_cannot_be_closed_or_demoted(admin: User, now: datetime) -> None:
    with pytest.raises(UserError):
        services.set_active(admin.pk, active=False, by="staff:1", now=now)
    with pytest.raises(UserError):
        services.change_roles(admin.pk, roles=frozenset({"editor"}), by="staff:1", now=now)
    second = services.add(email="second@example.org", roles=frozenset({"admin"}), by="staff:1", now=now)
    services.set_active(admin.pk, active=False, by=second.actor, now=now)
    with pytest.raises(UserError):
        services.change_roles(second.pk, roles=frozenset({"editor"}), by=second.actor, now=now)


def test_a_closed_account_is_out_at_its_next_request_and_its_link_is_dead(
    editor: User, admin: User, signed_in: SignedIn
) -> None:
    client = signed_in(editor)
    link = services.sign_in_link(editor, now=timezone.now()).removeprefix("http://127.0.0.1:8000")
    assert client.get("/").status_code == 200
    services.set_active(editor.pk, active=False, by=admin.actor, now=timezone.now())
    assert client.get("/").headers["Location"].startswith("/accounts/login/")
    assert Client().post(link).status_code == 404
    answer = Client().post(reverse("account_login"), {"login": editor.email, "password": "a long password"})
    assert answer.status_code in {200, 302}
    assert "_auth_user_id" not in Client().session


@pytest.mark.parametrize(
    "email", ["", "no address", "a@b", "x@example.org\nBcc: y@example.org", "a" * 300 + "@example.org"]
)
def test_a_bad_address_is_refused_and_nobody_is_invited(email: str, now: datetime) -> None:
    with pytest.raises(UserError):
        services.invite(email=email, roles=frozenset({"editor"}), by="staff:1", now=now)
    assert not Invitation.objects.exists()
    assert not mail.outbox


def test_a_half_copied_link_says_that_a_part_is_missing_and_what_an_only_admin_can_do(admin: User) -> None:
    link = services.sign_in_link(admin, now=timezone.now())
    half = Client().get(link.removeprefix(config().base_url)[:-5] + "/").content.decode()
    assert "A part of this link is missing" in half
    assert "newsletter staff link" in half
    assert "Sign in to the newsroom" in Client().get(link.removeprefix(config().base_url)).content.decode()


def test_signing_in_again_in_a_second_tab_leads_to_the_newsroom(admin: User) -> None:
    """Signing in renews the token of every form; only forms that sign in are passed over, others are refused."""
    path = services.sign_in_link(admin, now=timezone.now()).removeprefix(config().base_url)
    visitor = Client(enforce_csrf_checks=True)
    page = visitor.get(path).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    assert visitor.post(path, {"csrfmiddlewaretoken": token[1]}).headers["Location"] == "/"
    for address in (path, reverse("account_login")):
        second = visitor.post(address, {"csrfmiddlewaretoken": token[1]})
        assert (second.status_code, second.headers["Location"]) == (302, "/")
    assert visitor.post(reverse("profile"), {"csrfmiddlewaretoken": token[1], "name": "x"}).status_code == 403
    assert Client(enforce_csrf_checks=True).post(path).status_code == 403
