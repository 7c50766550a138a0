"""The page of activity says in words what the audit log records."""

import re
from pathlib import Path

from newsletter.issues.states import IssueState
from newsletter.web import words

SOURCES = Path(__file__).resolve().parent.parent.parent / "newsletter"


def test_whatever_is_recorded_has_its_words() -> None:
    """The names that stand in the code, and the states that an issue moves to."""
    texts = [path.read_text() for path in sorted(SOURCES.rglob("*.py"))]
    recorded = {name for text in texts for name in re.findall(r'\baction="([a-z.-]+\.[a-z-]+)"', text)}
    recorded |= {f"issue.{state.value}" for state in IssueState}
    recorded |= {f"transport.{name}" for name in ("create", "edit", "remove", "pause", "resume")}
    assert len(recorded) > 35
    assert recorded <= set(words.ACTION)


def test_what_is_not_known_says_itself() -> None:
    assert words.action("something.new") == "something.new"
