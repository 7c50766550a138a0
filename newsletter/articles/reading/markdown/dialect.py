"""Markdown → HTML: the same dialect for files, for forms and for remarks. The result is not sanitised."""

import functools

from markdown_it import MarkdownIt


def to_html(markdown: str) -> str:
    """HTML of a text in CommonMark with tables; HTML within it passes, to be sanitised like any other."""
    return str(_parser().render(markdown))


@functools.cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
