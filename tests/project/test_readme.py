"""What the README says is there."""

import re
from pathlib import Path

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
