"""What the README says is there."""

import importlib
import re
from pathlib import Path

import typer

from newsletter.__main__ import BRANCHES
from newsletter.project import environment

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()


def _settings() -> set[str]:
    """The names in the table of settings."""
    return set(re.findall(r"^\| `(NEWSLETTER_[A-Z_]+)` \|", README, flags=re.MULTILINE))


def test_the_table_of_settings_is_what_is_read() -> None:
    package = Path(environment.__file__).parent
    source = "".join(path.read_text() for path in package.glob("*.py"))
    read = set(re.findall(r'"(NEWSLETTER_[A-Z_]+)"', source))
    assert _settings() == read


def test_every_id_of_a_setting_is_in_the_readme() -> None:
    source = (ROOT / "newsletter" / "checks.py").read_text() + "".join(
        path.read_text() for path in (ROOT / "newsletter" / "project").glob("*.py")
    )
    ids = set(re.findall(r'"(?:newsletter\.)?([EW]\d{3})"', source))
    assert ids
    for number in sorted(ids):
        assert re.search(rf"\b{number}\b", README), f"{number} is not in the README"


def test_pictures_and_documents_that_it_shows_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).is_file(), target


def _commands(program: str) -> list[list[str]]:
    """What the README shows to be typed, without the remarks behind it."""
    lines = re.findall(rf"^    ({program} .*)$", README, flags=re.MULTILINE)
    return [line.partition(" #")[0].split() for line in lines]


def test_what_it_says_to_make_can_be_made() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for _, *words in _commands("make"):
        for word in words:
            name, is_setting, _ = word.partition("=")
            assert (f"$({name})" if is_setting else f"\n{name}:") in makefile, word
    assert any(word.startswith("PORT=") for words in _commands("make") for word in words)


def test_it_installs_only_what_is_there_until_an_index_has_the_name() -> None:
    installs = [words[2:] for words in _commands("pip")]
    assert installs
    for words in installs:
        assert [word for word in words if not word.startswith("--")] in (["."], ["pip"]), words


def test_every_command_that_it_shows_is_there() -> None:
    shown = _commands("newsletter")
    assert shown
    for _, name, *rest in shown:
        command = typer.main.get_command(
            importlib.import_module(f"newsletter.management.cli.{BRANCHES[name].module}").app
        )
        if not BRANCHES[name].single:
            assert rest[0] in command.commands, f"{name} {rest[0]}"
