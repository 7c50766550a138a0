"""Code in Markdown keeps its signs: which pieces are code, as CommonMark says it."""

import pytest

from newsletter.articles.reading import code_spans
from newsletter.articles.reading.markdown import obsidian


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a `b` c", ["`b`"]),
        ("``a ` b`` c", ["``a ` b``"]),
        ("`never closed ``", []),
        ("a ```b``` c", ["```b```"]),
        ("```py\nx\n```\nwords", ["```py\nx\n```"]),
        ("~~~\na\n```\nb\n~~~~\nc `d`", ["~~~\na\n```\nb\n~~~~", "`d`"]),
        ("words\n```\nnever closed", ["```\nnever closed"]),
    ],
)
def test_what_is_code(text: str, code: list[str]) -> None:
    parts = code_spans.split(text)
    assert parts[1::2] == code
    assert "".join(parts) == text


def test_a_question_to_the_program_goes_and_other_code_stays() -> None:
    text = "Words.\n\n```dataview\nLIST\n```\n\n```py\n[[x]]\n```\n"
    assert obsidian.to_markdown(text) == "Words.\n\n\n\n```py\n[[x]]\n```\n"
    assert "LIST" in obsidian.to_markdown("```dataview\nLIST\n\nWords behind a fence that is never closed.")
