"""Sources: feeds that are remembered, and read again and again."""

from datetime import datetime

from newsletter import conf, errors
from newsletter.articles import adding, article_builder, article_store, models, urls
from newsletter.articles.fetching import http_client
from newsletter.articles.parser_process import parser
from newsletter.articles.reading import extract, feeds
from newsletter.articles.reading.pages import page_head
from newsletter.articles.text.lines import line
from newsletter.stored import sentences
from newsletter.translatable import Translatable as _


def add_source(*, url: str, now: datetime, language: str = "") -> models.Source:
    """Remember a feed, after a look at it; a page's address is exchanged for the feed that the page names.

    The same feed given again is the same source. Raises FetchRefused, FetchFailed, UnusableFeed.
    """
    tag = article_builder.tag(language)
    fetched = http_client.fetch(url, allow=conf.config().fetch_allow)
    address = fetched.final_url
    if not feeds.is_feed(fetched.body, content_type=fetched.content_type) and extract.is_html(fetched.body):
        named = parser.run(page_head.feed_of, fetched.body, name=url, charset=fetched.charset)
        address = urls.web(urls.joined(address, named)) or "" if named else ""
        if not address:
            raise feeds.UnusableFeed(
                _("%(url)s is a page without a feed. Enter the feed's own address.", url=url), field="url"
            )
        fetched = http_client.fetch(address, allow=conf.config().fetch_allow)
    feed = parser.run(feeds.read, fetched.body, url=address, content_type=fetched.content_type, charset=fetched.charset)
    source, _created = models.Source.objects.get_or_create(
        url=address, defaults={"title": line(feed.title, 300), "language": tag, "created_at": now}
    )
    return source


def fetch_source(source: models.Source, *, now: datetime) -> list[article_store.Added]:
    """The articles of a source's feed, those known already included; empty when the feed has not changed.

    What went wrong is kept in ``last_error`` until a read without any; entries that can be used are added all the same.
    """
    # While there are problems the whole feed is asked for: “unchanged” would leave those entries out for ever.
    clean = not source.last_error
    try:
        fetched = http_client.fetch(
            source.url,
            allow=conf.config().fetch_allow,
            etag=source.etag if clean else "",
            last_modified=source.last_modified if clean else "",
        )
        if fetched.not_modified:
            _note(source, fetched_at=now)
            return []
        feed = parser.run(
            feeds.read, fetched.body, url=source.url, content_type=fetched.content_type, charset=fetched.charset
        )
    except errors.UserError as error:
        _note(source, last_error=errors.words_of(error))
        raise
    added, problems = adding.add_entries(feed, now=now, language=source.language, origin=source.url, source=source)
    _note(
        source,
        title=source.title or line(feed.title, 300),
        etag="" if problems else fetched.etag,
        last_modified="" if problems else fetched.last_modified,
        fetched_at=now,
        last_error=sentences(problems[:20], between="\n"),
    )
    return added


def _note(source: models.Source, **values: object) -> None:
    for name, value in values.items():
        setattr(source, name, value)
    source.save(update_fields=list(values))
