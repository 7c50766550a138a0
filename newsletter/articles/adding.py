"""Files, folders, pages and feeds become articles, as they are given: one path or address, or all entries of a feed."""

import dataclasses
import functools
from datetime import datetime
from pathlib import Path

from newsletter import conf, errors
from newsletter.articles import (
    article_store,
    drafts,
    files,
    keys,
    models,
    urls,
)
from newsletter.articles.fetching import http_client
from newsletter.articles.parser_process import parser
from newsletter.articles.reading import draft_cleaning, extract, feeds
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _

_TEXT_TYPES = frozenset({"text/plain", "text/markdown", "text/x-markdown"})
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_MOST_COSTLY = 3
"""Entries of a feed that may take too long before the rest of it is left alone."""
_FEED_SECONDS = 600
"""Seconds for the entries of a feed together; those left are read the next time, when the others are known."""
_FEED_SUFFIXES = frozenset({".xml", ".rss", ".atom"})


class SomeFailed(errors.UserError):
    """Of several files or entries some could not be used; the others are added, each by itself."""

    def __init__(self, *, added: list[article_store.Added], problems: list[str]) -> None:
        super().__init__(
            _(
                "%(added)s added, %(failed)s failed:\n%(problems)s",
                added=Quantity(len(added)),
                failed=Quantity(len(problems)),
                problems=functools.reduce(_below, problems),
            )
        )
        self.added = added
        self.problems = problems


def _below(above: str, line: str) -> str:
    """Two lines that a page can still say in its own language."""
    return _("%(above)s\n%(line)s", above=above, line=line)


def add(path_or_url: str, *, now: datetime, language: str = "") -> list[article_store.Added]:
    """Add a file, all files of a directory, a web page, or every entry of a feed. Raises UserError."""
    if path_or_url.lower().startswith(("http://", "https://")):
        return _add_url(path_or_url, now=now, language=language)
    paths = files.expand(path_or_url)
    if not Path(path_or_url).expanduser().is_dir():
        return _add_file(paths[0], now=now, language=language)
    added: list[article_store.Added] = []
    problems: list[str] = []
    for path in paths:
        try:
            added += _add_file(path, now=now, language=language)
        except SomeFailed as error:
            added += error.added
            problems += error.problems
        except errors.UserError as error:
            problems.append(str(error))
    if problems:
        raise SomeFailed(added=added, problems=problems)
    return added


def _add_url(url: str, *, now: datetime, language: str) -> list[article_store.Added]:
    known = article_store.known(keys.url_key(urls.web(url) or ""), "")
    if known:
        return [article_store.Added(article=known, created=False)]
    fetched = http_client.fetch(url, allow=conf.config().fetch_allow)
    kind, body, charset = fetched.content_type, fetched.body, fetched.charset
    if feeds.is_feed(body, content_type=kind):
        feed = parser.run(feeds.read, body, url=fetched.final_url, content_type=kind, charset=charset)
        added, problems = add_entries(feed, now=now, language=language, origin=fetched.final_url, source=None)
        if problems:
            raise SomeFailed(added=added, problems=problems)
        return added
    if kind in _HTML_TYPES or extract.is_html(body):
        draft = parser.run(extract.page, body, url=fetched.final_url, charset=charset)
    elif kind in _TEXT_TYPES:
        draft = parser.run(extract.text, body, url=fetched.final_url, charset=charset)
    else:
        raise drafts.UnusableArticle(_no_article(url, kind), field=url)
    return [
        article_store.store(
            draft, now=now, language=language, origin=url, if_too_long=draft_cleaning.IfTooLong.SHORTENED
        )
    ]


def _no_article(url: str, kind: str) -> str:
    if not kind:
        return _("%(url)s is not a page, a text or a feed. Enter the address of the article.", url=url)
    return _("%(url)s is %(kind)s, not a page, a text or a feed. Enter the address of the article.", url=url, kind=kind)


def _add_file(path: Path, *, now: datetime, language: str) -> list[article_store.Added]:
    data = files.read(path)
    if path.suffix.lower() in _FEED_SUFFIXES or feeds.is_feed(data):
        feed = parser.run(feeds.read, data, url=path.name)
        added, problems = add_entries(feed, now=now, language=language, origin=path.name, source=None)
        if problems:
            raise SomeFailed(added=added, problems=problems)
        return added
    draft = parser.run(extract.file, data, name=path.name)
    return [article_store.store(draft, now=now, language=language, origin=path.name, beside=path.parent)]


def add_entries(
    feed: feeds.Feed, *, now: datetime, language: str, origin: str, source: models.Source | None
) -> tuple[list[article_store.Added], list[str]]:
    added: list[article_store.Added] = []
    problems = list(feed.problems)
    # Oldest first, so that the newest entry is also the newest article.
    costly = 0
    with parser.deadline(_FEED_SECONDS):
        for draft in reversed(feed.entries):
            try:
                if_too_long = draft_cleaning.IfTooLong.SHORTENED if draft.url else draft_cleaning.IfTooLong.REFUSED
                added.append(
                    article_store.store(
                        draft,
                        now=now,
                        language=language,
                        origin=draft.url or origin,
                        source=source,
                        if_too_long=if_too_long,
                    )
                )
            except parser.ParserBusy:
                problems.append(
                    _(
                        "Not all entries were read, since it took too long or others were being read. Those that were "
                        "read are kept. Read the feed again in a minute for the rest."
                    )
                )
                break
            except errors.UserError as error:
                problems.append(_("“%(title)s”: %(problem)s", title=draft.title[:80], problem=error.args[0]))
                costly += isinstance(error, parser.TooCostly)
                if costly >= _MOST_COSTLY:
                    problems.append(_("The other entries were not read, since several took too long."))
                    break
    if added and feed.notes:
        added[-1] = dataclasses.replace(added[-1], notes=(*added[-1].notes, *feed.notes))
    return added, problems
