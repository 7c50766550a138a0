"""`newsletter staff`: accounts from the command line."""

import json

import pytest
from django.test import Client
from typer.testing import CliRunner

from newsletter.management.cli import staff
from newsletter.staff.models import User

pytestmark = pytest.mark.django_db


def run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(staff.app, list(args))
    return result.exit_code, result.stdout


def test_add_makes_an_account_and_prints_a_link_that_opens_it() -> None:
    code, out = run("add", "Nora@example.org", "--admin", "--name", "Nora", "--json")
    assert code == 0
    made = json.loads(out)
    assert (made["email"], made["roles"]) == ("nora@example.org", ["admin"])
    link = made["link"].removeprefix("http://127.0.0.1:8000")
    assert Client().post(link).status_code == 302
    assert Client().post(link).status_code == 404


def test_an_account_is_an_editors_unless_said_otherwise_and_exists_once() -> None:
    assert run("add", "ed@example.org")[0] == 0
    assert User.objects.get().is_editor
    assert run("add", "ED@example.org")[0] == 1
    assert run("add", "no address")[0] == 1
    assert User.objects.count() == 1


def test_a_new_link_replaces_the_old_one_and_an_unknown_address_fails() -> None:
    first = json.loads(run("add", "ed@example.org", "--json")[1])["link"].removeprefix("http://127.0.0.1:8000")
    second = json.loads(run("link", "ed@example.org", "--json")[1])["link"].removeprefix("http://127.0.0.1:8000")
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200
    assert run("link", "nobody@example.org")[0] == 1


def test_list_shows_everyone() -> None:
    run("add", "ed@example.org")
    assert json.loads(run("list", "--json")[1])[0]["roles"] == ["editor"]
    assert "ed@example.org" in run("list")[1]
