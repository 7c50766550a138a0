"""Rate limits as people set them, from a command and from a page."""

import json
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from typer.testing import CliRunner

from newsletter.delivery.models import Pace, RateLimit, Transport
from newsletter.delivery.ratelimit import limit_settings, slot_reservations
from newsletter.delivery.ratelimit.limit_rules import Limit
from newsletter.delivery.ratelimit.limit_settings import Settings
from newsletter.delivery.ratelimit.slot_schedule import PermitRequest
from newsletter.errors import InvalidInput, NotFound
from newsletter.management.cli import limits as command
from newsletter.staff.models import AuditEntry, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> Transport:
    return Transport.objects.create(name="relay", host="mail.example.org")


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(command.app, list(words))
    return result.exit_code, result.stdout, result.stderr


def use_some(key: str, now: datetime) -> None:
    """Three slots of it, just now."""
    passed, began = [0.0], time.time()
    worker = slot_reservations.Reserver(clock=lambda: passed[0], database_clock=lambda: began + passed[0])
    worker.reserve([], holding=slot_reservations.limits(now=now))
    for _ in range(3):
        passed[0] += 1
        (answer,) = worker.reserve([PermitRequest((key,), 1)], holding=slot_reservations.limits(now=now))
        assert len(answer.permits) == 1


@pytest.mark.parametrize(
    ("key", "clean"),
    [
        ("sender: Example.ORG.", "sender:example.org"),
        ("domain:gmail", "domain:gmail"),
        ("domain:GoogleMail.com", "domain:gmail"),
        ("domain:*", "domain:*"),
        ("server:*", "server:*"),
    ],
)
def test_what_is_limited_has_one_name(key: str, clean: str) -> None:
    assert limit_settings.clean_key(key) == clean


@pytest.mark.parametrize(
    "key", ["", "gmail", "sender:", "reader:a.example", "sender:no domain", "domain:x", "sender:\x00"]
)
def test_what_is_no_name_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput):
        limit_settings.clean_key(key)


def test_a_small_domain_is_kept_as_a_hash_only(now: datetime) -> None:
    """A domain can name a person."""
    limit_settings.set_limit("domain:smith.example", settings=Settings(per_hour=10), by="staff:1", now=now)
    (row,) = RateLimit.objects.all()
    assert row.key.startswith("domain:d-")
    assert "smith" not in f"{row.key} {AuditEntry.objects.values_list('subject', 'detail')}"
    limit_settings.remove("domain:smith.example", by="staff:1", now=now)
    assert not RateLimit.objects.exists()


def test_a_server_is_named_as_people_know_it(server: Transport) -> None:
    assert (
        limit_settings.clean_key("server:relay")
        == limit_settings.clean_key(f"server:{server.pk}")
        == f"server:{server.pk}"
    )
    with pytest.raises(NotFound, match="relay"):
        limit_settings.clean_key("server:elsewhere")


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (Settings(), "per_second"),
        (Settings(per_second=0), "per_second"),
        (Settings(per_second=float("nan")), "per_second"),
        (Settings(per_hour=-1), "per_hour"),
        (Settings(per_day=10**12), "per_day"),
        (Settings(warm_up="no-such"), "warm_up"),
    ],
)
def test_a_limit_that_means_nothing_is_refused(settings: Settings, field: str, now: datetime) -> None:
    with pytest.raises(InvalidInput) as caught:
        limit_settings.set_limit("domain:gmail", settings=settings, by="staff:1", now=now)
    assert caught.value.field == field
    assert not RateLimit.objects.exists()


def test_a_warm_up_begins_today_unless_said_otherwise(now: datetime) -> None:
    limit_settings.set_limit("sender:example.org", settings=Settings(warm_up="usual"), by="staff:1", now=now)
    (row,) = limit_settings.overview(now=now)
    assert row.settings.warm_up_start == now.date()
    assert row.today == Limit(per_day=100)


def test_who_changed_a_limit_stands_in_the_log(now: datetime) -> None:
    limit_settings.set_limit("domain:gmail", settings=Settings(per_second=5), by="staff:7", now=now)
    limit_settings.remove("domain:gmail", by="staff:8", now=now)
    said = list(AuditEntry.objects.order_by("pk").values_list("actor", "action", "subject"))
    assert said == [
        ("staff:7", "limits.set", "limit:domain:gmail"),
        ("staff:8", "limits.remove", "limit:domain:gmail"),
    ]


def test_the_overview_tells_how_much_is_used(now: datetime) -> None:
    limit_settings.set_limit("domain:gmail", settings=Settings(per_second=5, per_hour=12), by="staff:1", now=now)
    use_some("domain:gmail", now)
    (row,) = limit_settings.overview(now=now)
    assert [(use.period, use.used, use.share) for use in row.uses] == [(1, 0.1, 0.02), (3_600, 3, 0.25)]


# The command.


def test_commands_set_change_list_and_remove(server: Transport) -> None:
    assert run("set", "server:relay", "--per-second", "50", "--per-day", "9000")[0] == 0
    assert run("set", "server:relay", "--per-day", "0", "--per-hour", "700", "--json")[0] == 0
    code, out, _ = run("list", "--json")
    assert code == 0
    (row,) = json.loads(out)["limits"]
    assert row["what"] == "server:relay"
    assert (row["per_second"], row["per_hour"], row["per_day"]) == (50, 700, None)
    assert row["used"] == {"second": 0, "hour": 0}
    assert "server:relay" in run("list")[1]
    assert run("remove", "server:relay")[0] == 0
    assert json.loads(run("list", "--json")[1])["limits"] == []


def test_a_command_for_nothing_fails_with_a_reason(server: Transport) -> None:
    code, out, err = run("remove", "domain:gmail")
    assert (code, out) == (1, "")
    assert "Nothing was changed" in err
    assert run("set", "nonsense", "--per-hour", "5")[0] == 1
    assert run("set", "domain:gmail")[0] == 1
    assert run("set", "domain:gmail", "--per-hour", "many")[0] == 2


def test_the_list_tells_who_asked_for_less(server: Transport, now: datetime) -> None:
    Pace.objects.create(key=f"pace:{server.pk}:yahoo", rate=2.5, goal=10, slowed_at=now, reply="421 4.7.0")
    (slow,) = json.loads(run("list", "--json")[1])["slowed"]
    assert (slow["server"], slow["group"], slow["rate"], slow["reply"]) == ("relay", "yahoo", 2.5, "421 4.7.0")


# The page.


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("admin@example.org", "a long password", is_admin=True))
    return client


@pytest.fixture
def post(client: Client) -> Callable[..., Any]:
    def send(path: str, **values: str) -> Any:
        return client.post(path, values, follow=True)

    return send


def test_an_empty_page_says_what_to_do(client: Client) -> None:
    assert "No limits" in client.get("/settings/limits/").content.decode()
    assert "/settings/limits/" in client.get("/settings/").content.decode()


def test_a_limit_is_added_changed_and_removed_on_the_page(client: Client, post: Callable[..., Any]) -> None:
    page = post("/settings/limits/", kind="domain", name="gmail", per_second="0,5", warm_up="usual").content.decode()
    assert "0 of 0.5 a second, over the last minute" in page
    assert "0 of 100 in the last day" in page
    row = RateLimit.objects.get()
    path = f"/settings/limits/{row.pk}/"
    assert 'value="0.5"' in client.get(path).content.decode()
    post(path, per_hour="30", warm_up="", warm_up_start="")
    row.refresh_from_db()
    assert (row.per_second, row.per_hour, row.warm_up, row.warm_up_start) == (None, 30, "", None)
    assert "The limit was removed." in post(f"{path}remove/").content.decode()
    assert not RateLimit.objects.exists()
    assert client.get(path).status_code == 404


def test_the_bar_is_as_long_as_what_is_used(client: Client, now: datetime) -> None:
    limit_settings.set_limit("domain:gmail", settings=Settings(per_hour=12), by="staff:1", now=now)
    use_some("domain:gmail", now)
    page = client.get("/settings/limits/").content.decode()
    assert "3 of 12 in the last hour" in page
    assert '<rect class="used" width="25.0"' in page


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "gmail", "per_second": "fast"}, "Write a number"),
        ({"name": "gmail", "per_hour": "1.5"}, "Enter a whole number"),
        ({"name": "gmail", "per_hour": "5", "warm_up": "usual", "warm_up_start": "soon"}, "Write a day"),
        ({"name": "not a domain", "per_hour": "5"}, "is not a domain. Write it"),
        ({"name": "gmail"}, "at least one number"),
    ],
)
def test_what_cannot_be_used_comes_back_with_its_reason(
    post: Callable[..., Any], values: dict[str, str], said: str
) -> None:
    answer = post("/settings/limits/", kind="domain", **values)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert values["name"] in answer.content.decode()


def test_who_asked_for_less_is_shown(client: Client, server: Transport, now: datetime) -> None:
    Pace.objects.create(key=f"pace:{server.pk}:yahoo", rate=2.5, goal=10, slowed_at=now, reply="421 4.7.0")
    page = client.get("/settings/limits/").content.decode()
    assert "Slowed down" in page
    assert "421 4.7.0" in page


def test_a_limit_of_each_other_one_shows_its_numbers(client: Client, now: datetime) -> None:
    settings = Settings(per_second=10, warm_up="yahoo", warm_up_start=date(2020, 1, 1))
    limit_settings.set_limit("domain:*", settings=settings, by="staff:1", now=now)
    page = client.get("/settings/limits/").content.decode()
    assert "Everyone else" in page
    assert "Each:" in page


def test_a_warm_up_that_is_over_says_so(client: Client, now: datetime) -> None:
    settings = Settings(warm_up="usual", warm_up_start=date(2020, 1, 1))
    limit_settings.set_limit("sender:example.org", settings=settings, by="staff:1", now=now)
    assert slot_reservations.limits(now=now).of("sender:example.org") is None
    assert "The warm-up is over" in client.get("/settings/limits/").content.decode()
