"""Adding and changing articles and sources: the only place that writes them."""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import IntegrityError, transaction

from newsletter import conf, errors
from newsletter.articles import drafts, files, gather, keys, models, parser, picture_store, prepare, urls
from newsletter.articles.drafts import LeftOut
from newsletter.articles.fetching import http_client
from newsletter.articles.pictures import media_keys, recode
from newsletter.articles.reading import extract, feeds, sanitise, typed
from newsletter.articles.reading.markdown import front_matter
from newsletter.articles.reading.not_for_readers import left_out
from newsletter.articles.reading.pages import page_head
from newsletter.articles.text import bounds
from newsletter.articles.text.lines import line
from newsletter.stored import sentences
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _

_TEXT_TYPES = frozenset({"text/plain", "text/markdown", "text/x-markdown"})
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_MOST_COSTLY = 3
"""Entries of one feed that may take too long before the rest of it is left alone."""
_FEED_SECONDS = 600
"""For the entries of one feed together; those left are read the next time, when the others are known."""
_FEED_SUFFIXES = frozenset({".xml", ".rss", ".atom"})


@dataclass(frozen=True, kw_only=True)
class Added:
    article: models.Article
    created: bool
    """False: the same article (by URL or by words) was there already, and is unchanged."""
    notes: tuple[str, ...] = ()
    """What a person should know: a missing alt text, a picture that could not be had, what was left out."""
    gained: int = 0
    """Pictures that the article lacked, and has by this file now."""


class SomeFailed(errors.UserError):
    """Of several files or entries some could not be used; the others are added, each by itself."""

    def __init__(self, *, added: list[Added], problems: list[str]) -> None:
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


def add(path_or_url: str, *, now: datetime, language: str = "") -> list[Added]:
    """Add a file, all files of a directory, a web page, or every entry of a feed. Raises UserError."""
    if path_or_url.lower().startswith(("http://", "https://")):
        return _add_url(path_or_url, now=now, language=language)
    paths = files.expand(path_or_url)
    if not Path(path_or_url).expanduser().is_dir():
        return _add_file(paths[0], now=now, language=language)
    added: list[Added] = []
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


def create(
    *,
    title: str,
    body_markdown: str = "",
    standfirst: str = "",
    byline: str = "",
    kicker: str = "",
    language: str = "",
    url: str = "",
    topics: list[str] | tuple[str, ...] = (),
    image: bytes = b"",
    image_alt: str = "",
    image_credit: str = "",
    published_at: datetime | None = None,
    kept_out: Sequence[LeftOut] = (),
    now: datetime,
    tell: Callable[[str], object] | None = None,
) -> models.Article:
    """An article written by hand. Raises UnusableArticle naming the field; also when the same one exists.

    ``kept_out``: what `pasting` kept out of it before. ``tell`` is given each thing that a person should know, such as
    a picture that could not be had.
    """
    text = parser.run(typed.read, body_markdown, is_titled=bool(title.strip()))
    title = title.strip() or text.title
    draft = drafts.Draft(
        title=title,
        body=front_matter.without_heading(text.body, title),
        standfirst=standfirst or text.standfirst,
        byline=byline or text.byline,
        kicker=kicker or text.kicker,
        language=language or text.language,
        url=_address(url) or text.url,
        base_url=_address(url) or text.url,
        topics=tuple(topics) or text.topics,
        image_alt=image_alt,
        image_credit=image_credit,
        published_at=published_at or text.published_at,
        left_out=(*text.left_out, *kept_out),
        kept_back=text.kept_back,
        unknown_state=text.unknown_state,
        not_before=text.not_before,
    )
    lead = _chosen_picture(image)
    made = _store(draft, now=now, lead=lead)
    if not made.created:
        raise _there_already(made.article)
    if tell:
        for note in made.notes:
            tell(note)
    return made.article


def update(
    article: models.Article,
    *,
    title: str | None = None,
    body_markdown: str | None = None,
    standfirst: str | None = None,
    byline: str | None = None,
    kicker: str | None = None,
    language: str | None = None,
    url: str | None = None,
    topics: list[str] | tuple[str, ...] | None = None,
    image: bytes = b"",
    remove_image: bool = False,
    image_alt: str | None = None,
    image_credit: str | None = None,
    kept_out: Sequence[LeftOut] = (),
    now: datetime,
    tell: Callable[[str], object] | None = None,
) -> models.Article:
    """Change what is given; None leaves it as it is. Markdown may hold HTML, so a stored body can be given back.

    ``tell`` is given each thing that did not become part of it, such as a picture that could not be had.
    """
    address = article.url if url is None else _address(url)
    text = None if body_markdown is None else parser.run(typed.edited, body_markdown, present=article.body)
    before = left_out.from_json(article.left_out)
    fresh = (*(text.left_out if text else ()), *kept_out)
    draft = drafts.Draft(
        title=_chosen(title, article.title),
        body=text.body if text else article.body,
        standfirst=_chosen(standfirst, article.standfirst),
        byline=_chosen(byline, article.byline),
        kicker=_chosen(kicker, article.kicker),
        language=_chosen(language, article.language),
        url=address,
        base_url=address,
        topics=tuple(article.topics if topics is None else topics),
        image_alt=_chosen(image_alt, article.picture_alt),
        image_credit=_chosen(image_credit, article.picture_credit),
        published_at=article.published_at,
        left_out=(*before, *(piece for piece in fresh if piece.text not in _texts(before))),
        stored=len(before),
        # A text that is all for members was typed in place of the one that a person had freed.
        kept_back=drafts.KeptBack(article.kept_back) or (text.kept_back if text else drafts.KeptBack.NO),
    )
    config = conf.config()
    lead = _chosen_picture(image)
    piece = gather.piece(draft, config=config, lead=lead, long=prepare.Long.REFUSED if text else prepare.Long.KEPT)
    if _says_the_same(piece, article):
        # What was put back does not make it another article: the file it came from still finds it.
        piece = dataclasses.replace(piece, text_key=article.text_key)
    other = _same(piece.url_key, piece.text_key, but=article)
    if other:
        raise _there_already(other)
    try:
        with picture_store.tidy(piece.pictures, config=config), transaction.atomic():
            kept = _keep(piece, config=config, now=now)
            had = {*left_out.pictures_taken_out(article.left_out), *_files(article)}
            for name, value in _values(piece).items():
                setattr(article, name, value)
            if remove_image or kept:
                article.picture = kept
            article.left_out = left_out.to_json(piece.left_out, pictures=sorted(had - _files(article)))
            article.save()
    except IntegrityError as error:
        raise drafts.UnusableArticle(
            _("This article has already been added. Nothing was changed."), field="url"
        ) from error
    if tell:
        for note in piece.lost:
            tell(note)
    return article


def describe(article: models.Article, *, alts: Mapping[str, str]) -> models.Article:
    """Say what the pictures in the text show, by their files; a file that is not in the text is passed over.

    Raises UnusableArticle.
    """
    body = media_keys.described(article.body, {file: line(alt, 500) for file, alt in alts.items()})
    if bounds.is_too_long(body, before=article.body):
        raise drafts.UnusableArticle(
            _(
                "The text would be too long with these descriptions of its pictures, so they were not saved. "
                "Everything else was. Write shorter ones, or shorten the text."
            ),
            field="body",
        )
    if body != article.body:
        article.body = body
        article.save(update_fields=["body"])
    return article


def add_source(*, url: str, now: datetime, language: str = "") -> models.Source:
    """Remember a feed, after a look at it; a page's address is exchanged for the feed that the page names.

    The same feed given again is the same source. Raises FetchRefused, FetchFailed, UnusableFeed.
    """
    tag = gather.tag(language)
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


def fetch_source(source: models.Source, *, now: datetime) -> list[Added]:
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
    added, problems = _add_entries(feed, now=now, language=source.language, origin=source.url, source=source)
    _note(
        source,
        title=source.title or line(feed.title, 300),
        etag="" if problems else fetched.etag,
        last_modified="" if problems else fetched.last_modified,
        fetched_at=now,
        last_error=sentences(problems[:20], between="\n"),
    )
    return added


def _add_url(url: str, *, now: datetime, language: str) -> list[Added]:
    known = _same(keys.url_key(urls.web(url) or ""), "")
    if known:
        return [Added(article=known, created=False)]
    fetched = http_client.fetch(url, allow=conf.config().fetch_allow)
    kind, body, charset = fetched.content_type, fetched.body, fetched.charset
    if feeds.is_feed(body, content_type=kind):
        feed = parser.run(feeds.read, body, url=fetched.final_url, content_type=kind, charset=charset)
        added, problems = _add_entries(feed, now=now, language=language, origin=fetched.final_url, source=None)
        if problems:
            raise SomeFailed(added=added, problems=problems)
        return added
    if kind in _HTML_TYPES or extract.is_html(body):
        draft = parser.run(extract.page, body, url=fetched.final_url, charset=charset)
    elif kind in _TEXT_TYPES:
        draft = parser.run(extract.text, body, url=fetched.final_url, charset=charset)
    else:
        raise drafts.UnusableArticle(_no_article(url, kind), field=url)
    return [_store(draft, now=now, language=language, origin=url, long=prepare.Long.SHORTENED)]


def _no_article(url: str, kind: str) -> str:
    if not kind:
        return _("%(url)s is not a page, a text or a feed. Enter the address of the article.", url=url)
    return _("%(url)s is %(kind)s, not a page, a text or a feed. Enter the address of the article.", url=url, kind=kind)


def _add_file(path: Path, *, now: datetime, language: str) -> list[Added]:
    data = files.read(path)
    if path.suffix.lower() in _FEED_SUFFIXES or feeds.is_feed(data):
        feed = parser.run(feeds.read, data, url=path.name)
        added, problems = _add_entries(feed, now=now, language=language, origin=path.name, source=None)
        if problems:
            raise SomeFailed(added=added, problems=problems)
        return added
    draft = parser.run(extract.file, data, name=path.name)
    return [_store(draft, now=now, language=language, origin=path.name, beside=path.parent)]


def _add_entries(
    feed: feeds.Feed, *, now: datetime, language: str, origin: str, source: models.Source | None
) -> tuple[list[Added], list[str]]:
    added: list[Added] = []
    problems = list(feed.problems)
    # Oldest first, so that the newest entry is also the newest article.
    costly = 0
    with parser.deadline(_FEED_SECONDS):
        for draft in reversed(feed.entries):
            try:
                long = prepare.Long.SHORTENED if draft.url else prepare.Long.REFUSED
                added.append(
                    _store(draft, now=now, language=language, origin=draft.url or origin, source=source, long=long)
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


def _store(
    draft: drafts.Draft,
    *,
    now: datetime,
    language: str = "",
    origin: str = "",
    source: models.Source | None = None,
    beside: Path | None = None,
    lead: recode.Encoded | None = None,
    long: prepare.Long = prepare.Long.REFUSED,
) -> Added:
    """Write the article with its pictures, all or nothing; or find the one that is there."""
    if now.tzinfo is None:
        raise ValueError("now must be aware")
    # Before pictures are fetched: feeds bring the same entries again and again.
    known = _same(keys.url_key(draft.url), "")
    if known and beside is None:
        return Added(article=known, created=False)
    config = conf.config()
    draft = drafts.at(draft, now)
    piece = gather.piece(draft, config=config, given_language=language, beside=beside, lead=lead, long=long)
    known = _same(piece.url_key, piece.text_key)
    if known:
        return Added(article=known, created=False) if beside is None else _filled(known, piece, config=config, now=now)
    try:
        with picture_store.tidy(piece.pictures, config=config), transaction.atomic():
            article = models.Article.objects.create(
                **_values(piece),
                picture=_keep(piece, config=config, now=now),
                source=source,
                added_at=now,
                origin=origin[:2000],
            )
    except IntegrityError:
        # Another process added it in between.
        known = _same(piece.url_key, piece.text_key)
        if known is None:
            raise
        return Added(article=known, created=False)
    return Added(article=article, created=True, notes=piece.notes)


def _filled(known: models.Article, piece: gather.Piece, *, config: conf.Config, now: datetime) -> Added:
    """The article that a file brought before, with the pictures that were not there then. No word of it changes.

    What a person took out of it since stays out.
    """
    with picture_store.tidy(piece.pictures, config=config), transaction.atomic():
        article = models.Article.objects.select_for_update().get(pk=known.pk)
        before = {picture.file: picture.alt for picture in media_keys.pictures_in(article.body)}
        taken_out = left_out.pictures_taken_out(article.left_out)
        wanted = {one.file: one for one in media_keys.pictures_in(piece.body) if one.file not in taken_out}
        new = [encoded for encoded in piece.within if encoded.file in wanted and encoded.file not in before]
        notes: tuple[str, ...] = ()
        if new and sanitise.with_images(article.body, {}) != sanitise.with_images(piece.body, {}):
            new = []
            notes = (_("The text was changed here since, so the missing pictures in it were not added."),)
        body = sanitise.with_images(piece.body, {media_keys.key(file): one for file, one in wanted.items()})
        body = media_keys.described(body, before)
        if new and bounds.is_too_long(body, before=article.body):
            new = []
            notes = (_("The text would be too long with the pictures that are missing in it, so they were not added."),)
        if new:
            article.body = body
            for encoded in new:
                picture_store.keep(encoded, config=config, now=now)
        lead = piece.lead if article.picture_id is None else None
        lead = lead if lead and lead.file not in taken_out else None
        if lead:
            article.picture = picture_store.keep(lead, config=config, now=now)
            article.picture_alt = article.picture_alt or piece.picture_alt
            article.picture_credit = article.picture_credit or piece.picture_credit
        if gained := len(new) + bool(lead):
            article.save(update_fields=["body", "picture", "picture_alt", "picture_credit"])
    return Added(article=article if gained else known, created=False, notes=notes, gained=gained)


def _files(article: models.Article) -> set[str]:
    """Those of its pictures, with the one above the text."""
    lead = {article.picture.file} if article.picture else set()
    return {picture.file for picture in media_keys.pictures_in(article.body)} | lead


def _keep(piece: gather.Piece, *, config: conf.Config, now: datetime) -> models.Picture | None:
    for encoded in piece.within:
        picture_store.keep(encoded, config=config, now=now)
    return picture_store.keep(piece.lead, config=config, now=now) if piece.lead else None


def _values(piece: gather.Piece) -> dict[str, object]:
    names = (
        "title standfirst body byline kicker language direction topics url url_key text_key "
        "picture_alt picture_credit published_at"
    )
    kept_out = {"left_out": [one.to_json() for one in piece.left_out], "kept_back": piece.kept_back.value}
    return {name: getattr(piece, name) for name in names.split()} | kept_out


def _same(url_key: str | None, text_key: str, *, but: models.Article | None = None) -> models.Article | None:
    """The article with this URL, else the one with these words."""
    others = models.Article.objects.select_related("picture", "source")
    if but is not None:
        others = others.exclude(pk=but.pk)
    by_url = others.filter(url_key=url_key).first() if url_key else None
    return by_url or (others.filter(text_key=text_key).first() if text_key else None)


def _address(url: str) -> str:
    if not url.strip():
        return ""
    found = urls.web(url)
    if found is None:
        raise drafts.UnusableArticle(
            _("“%(url)s” is not a web address. Enter one such as https://news.example.org/story.", url=url[:80]),
            field="url",
        )
    return found


def _texts(pieces: Iterable[LeftOut]) -> set[str]:
    return {piece.text for piece in pieces}


def _says_the_same(piece: gather.Piece, article: models.Article) -> bool:
    return (piece.title, piece.standfirst, piece.body, piece.url) == (
        article.title, article.standfirst, article.body, article.url,
    )  # fmt: skip


def _chosen(given: str | None, present: str) -> str:
    return present if given is None else given


def _chosen_picture(image: bytes) -> recode.Encoded | None:
    try:
        return picture_store.encode(image, name="that you chose") if image else None
    except recode.UnusablePicture as error:
        error.field = "picture"
        raise


def _there_already(article: models.Article) -> drafts.UnusableArticle:
    text = _(
        "This article has already been added: “%(title)s”, number %(number)s. Nothing was changed.",
        title=article.title,
        number=article.pk,
    )
    return drafts.UnusableArticle(text, field="title")


def _note(source: models.Source, **values: object) -> None:
    for name, value in values.items():
        setattr(source, name, value)
    source.save(update_fields=list(values))
