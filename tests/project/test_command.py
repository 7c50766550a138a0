"""The command line: help everywhere, exit codes that mean something, refusals that name what helps."""

import importlib
import re
from itertools import pairwise
from pathlib import Path

import pytest
import typer
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from typer.testing import CliRunner

from newsletter.__main__ import BRANCHES, Branch, _load, app
from newsletter.project import schema
from tests.project.conftest import Run


def test_the_root_shows_every_group_without_any_installation(run: Run) -> None:
    shown = run("--help")
    assert shown.code == 0
    for name in BRANCHES:
        assert name in shown.out


@pytest.mark.parametrize(("name", "branch"), BRANCHES.items())
def test_every_command_explains_itself(name: str, branch: Branch) -> None:
    app = importlib.import_module(f"newsletter.management.cli.{branch.module}").app
    command = typer.main.get_command(app)
    leaves = getattr(command, "commands", {"": command})
    if branch.single and name in leaves:
        leaves = {name: leaves[name]}
    assert leaves
    for leaf in leaves.values():
        assert leaf.help, f"{name} {leaf.name} has no help"
        for parameter in leaf.params:
            if parameter.param_type_name == "option" and not parameter.hidden:
                assert parameter.help, f"{name} {leaf.name} does not explain {parameter.opts}"


@pytest.mark.parametrize(("name", "branch"), BRANCHES.items())
def test_help_breaks_its_lines_where_the_terminal_ends(
    name: str, branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nowhere else but between paragraphs: not where the code happens to."""
    monkeypatch.setenv("COLUMNS", "80")
    command = _load(name, branch)
    for words in [[one] for one in getattr(command, "commands", {})] or [[]]:
        if name == "django":
            continue  # its words are Django's own
        shown = CliRunner().invoke(app, [name, *words, "--help"]).output
        prose = shown.partition("╭")[0].rstrip().splitlines()
        assert any(line.strip() for line in prose[3:]), shown
        for line, after in pairwise(prose):
            if line.strip() and after.strip():
                assert len(line.rstrip()) + 1 + len(after.split()[0]) > 79, shown


def test_help_of_a_group_needs_no_installation(run: Run) -> None:
    assert run("issues", "--help").code == 0
    assert run("issues", "status", "--help").code == 0


def test_wrong_usage_exits_2(run: Run) -> None:
    assert run("init").code == 2
    assert run("init", "--admin", "nobody").code == 2
    assert run("no-such-group").code == 2
    assert run("issues", "status", "not-a-number").code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("demo", "--port", "abc"), "'abc' is not a port number (1 to 65535)."),
        (("demo", "--port", "99999"), "'99999' is not a port number (1 to 65535)."),
        (("mailbox", "--port", "-1"), "'-1' is not a port number (1 to 65535)."),
        (("articles", "list", "--limit", "some"), "'some' is not a whole number from 1 to 1,000."),
        (("articles", "list", "--limit", "0"), "'0' is not a whole number from 1 to 1,000."),
        (("deliveries", "list", "1", "--limit", "²"), "'²' is not a whole number from 1 to 1,000."),
    ],
)
def test_a_number_that_cannot_be_used_is_refused_in_words(run: Run, words: tuple[str, ...], said: str) -> None:
    refused = run(*words)
    assert refused.code == 2
    assert said in re.sub(r"[\s│]+", " ", refused.err)


@pytest.mark.parametrize(
    ("name", "value", "number"),
    [
        ("LISTEN", "everywhere", "E001"),
        ("TRUSTED_PROXIES", "²", "E007"),
        ("LEASE_SECONDS", "9" * 5000, "E008"),
        ("DATABASE_URL", "postgresql://localhost:port/news", "E004"),
        ("BASE_URL", "https://news.example.org/\udcff", "E002"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_line_and_exits_2(run: Run, name: str, value: str, number: str) -> None:
    refused = run("doctor", **{f"NEWSLETTER_{name}": value})
    assert refused.code == 2
    assert refused.err.count("\n") == 1
    assert f"NEWSLETTER_{name}" in refused.err
    assert f"newsletter.{number}" in refused.err


def test_a_bad_mail_url_does_not_show_its_password(run: Run) -> None:
    refused = run("doctor", NEWSLETTER_SMTP_URL="imap://me:hunter2@mail.example.org")
    assert refused.code == 2
    assert "hunter2" not in refused.err


@pytest.mark.parametrize("command", [("run",), ("worker", "--once"), ("articles", "list")])
def test_without_an_installation_commands_name_init_and_exit_1(run: Run, command: tuple[str, ...]) -> None:
    refused = run(*command)
    assert refused.code == 1
    assert "newsletter init" in refused.err
    assert "Traceback" not in refused.err


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").out.startswith("newsletter ")


@pytest.mark.django_db
def test_the_schema_under_test_fits_the_code() -> None:
    assert schema.fit() is schema.Fit.CURRENT
    schema.require_ready()


@pytest.mark.django_db
def test_an_older_schema_is_refused_and_names_upgrade() -> None:
    ((_, newest),) = MigrationLoader(connection).graph.leaf_nodes("newsletter")
    MigrationRecorder(connection).record_unapplied("newsletter", newest)
    assert schema.fit() is schema.Fit.OLDER
    with pytest.raises(schema.NotReady, match="newsletter upgrade"):
        schema.require_ready()


@pytest.mark.django_db
def test_a_newer_schema_is_refused_and_nothing_is_changed() -> None:
    MigrationRecorder(connection).record_applied("newsletter", "9999_from_the_future")
    assert schema.fit() is schema.Fit.NEWER
    with pytest.raises(schema.NotReady, match="newer version"):
        schema.require_ready()


def test_a_table_cuts_no_name_and_a_second_list_of_a_name_is_told(run: Run, installed: Path) -> None:
    first = run("lists", "create", "The morning letter of the harbour")
    again = run("lists", "create", "the Morning letter of the harbour ")
    assert "same name" not in first.err
    assert "Another list has the same name: the-morning-letter-of-the-harbour." in again.err
    shown = run("lists", "list", COLUMNS="80").out
    assert "…" not in shown
    assert len(re.findall(r"The morning letter of the harbour .* the-morning-letter-of-the-harbour ", shown)) == 1
    assert shown.count("\n") == 3, "whoever reads it by a program has a row in each line"
