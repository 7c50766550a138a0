"""An article that calls itself a draft is in no issue until a person says that every reader may see it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.articles import adding, decisions
from newsletter.errors import InvalidInput
from newsletter.issues import assembling, editing
from tests.issues import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LEAD = "The harbour council voted on Tuesday evening to close the old ferry pier for repairs until the spring."


@pytest.mark.parametrize("line", ["draft: true", "visibility: paid"])
def test_it_is_neither_suggested_nor_added_before(line: str, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(f"---\ntitle: Pier\nlanguage: en\n{line}\n---\n{LEAD}\n")
    [added] = adding.add(str(tmp_path / "a.md"), now=NOW)
    publication = factories.publication(language="en")
    issue = editing.create_issue(publication=publication, by="editor", now=NOW)
    assert assembling.suggest(publication, now=NOW) == []
    with pytest.raises(InvalidInput, match="is marked as a draft or for members only"):
        editing.add_entry(issue, added.article, by="editor", now=NOW)
    decisions.free(added.article)
    assert [article.pk for article, _why in assembling.suggest(publication, now=NOW)] == [added.article.pk]
    editing.add_entry(issue, added.article, by="editor", now=NOW)
