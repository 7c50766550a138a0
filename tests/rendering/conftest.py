"""Where the themes are, and a short way to render."""

from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.issues.edition import Edition
from newsletter.rendering import render
from newsletter.rendering.results import Rendered

TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture(scope="session")
def rendered() -> Callable[[Edition], Rendered]:
    return lambda edition: render.render(edition, templates=TEMPLATES)
