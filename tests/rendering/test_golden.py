"""Whole mails, letter for letter. After a wanted change: UPDATE_GOLDEN=1 pytest tests/rendering/test_golden.py,
then read the difference as a reader would.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.issues.edition import Edition
from newsletter.rendering.results import Rendered
from tests.rendering import editions

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("edition", [editions.ENGLISH, editions.PERSIAN], ids=["english", "persian"])
@pytest.mark.parametrize("part", ["txt", "html"])
def test_the_mail_reads_as_it_was_once_judged_good(
    edition: Edition, part: str, rendered: Callable[[Edition], Rendered]
) -> None:
    mail = rendered(edition)
    now = mail.text if part == "txt" else mail.html
    file = GOLDEN / f"{edition.language}.{part}"
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(now, encoding="utf-8", newline="\n")
    assert now == file.read_text(encoding="utf-8")


def test_rendering_twice_gives_the_same_bytes(rendered: Callable[[Edition], Rendered]) -> None:
    assert rendered(editions.ENGLISH).digest == rendered(editions.ENGLISH).digest
