"""Articles written and changed by hand: what a form or a command gives becomes an article, or changes it."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from newsletter import conf
from newsletter.articles import (
    article_builder,
    article_store,
    drafts,
    models,
    picture_store,
    urls,
)
from newsletter.articles.drafts import LeftOut
from newsletter.articles.parser_process import parser
from newsletter.articles.pictures import media_keys, recode
from newsletter.articles.reading import draft_cleaning, typed
from newsletter.articles.reading.markdown import front_matter
from newsletter.articles.reading.not_for_readers import left_out
from newsletter.articles.text import bounds
from newsletter.articles.text.lines import line
from newsletter.translatable import Translatable as _


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
    """An article written by hand. Raises UnusableArticle naming the field; also when the same article exists.

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
        url=_web_address(url) or text.url,
        base_url=_web_address(url) or text.url,
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
    made = article_store.store(draft, now=now, lead=lead)
    if not made.created:
        raise article_store.already_added(made.article)
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
    text = None if body_markdown is None else parser.run(typed.edited, body_markdown, present=article.body)
    address = article.url if url is None else _web_address(url)
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
        # A text that is all for members was typed in place of the text that a person had freed.
        kept_back=drafts.KeptBack(article.kept_back) or (text.kept_back if text else drafts.KeptBack.NO),
    )
    if_too_long = draft_cleaning.IfTooLong.REFUSED if text else draft_cleaning.IfTooLong.KEPT
    built = article_builder.build(draft, config=conf.config(), lead=_chosen_picture(image), if_too_long=if_too_long)
    _write(article, built, remove_image=remove_image, now=now)
    if tell:
        for note in built.lost:
            tell(note)
    return article


def _write(article: models.Article, built: article_builder.BuiltArticle, *, remove_image: bool, now: datetime) -> None:
    """Save the article as it was built anew, with its pictures. Raises UnusableArticle when another article is it."""
    config = conf.config()
    if _says_the_same(built, article):
        # What was put back does not make it another article: the file it came from still finds it.
        built = dataclasses.replace(built, text_key=article.text_key)
    other = article_store.known(built.url_key, built.text_key, but=article)
    if other:
        raise article_store.already_added(other)
    try:
        with picture_store.tidy(built.pictures, config=config), transaction.atomic():
            kept = article_store.keep_pictures(built, config=config, now=now)
            had = {*left_out.pictures_taken_out(article.left_out), *article_store.picture_files(article)}
            for name, value in article_store.values(built).items():
                setattr(article, name, value)
            if remove_image or kept:
                article.picture = kept
            taken_out = sorted(had - article_store.picture_files(article))
            article.left_out = left_out.to_json(built.left_out, pictures=taken_out)
            article.save()
    except IntegrityError as error:
        raise drafts.UnusableArticle(
            _("This article has already been added. Nothing was changed."), field="url"
        ) from error


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


def _web_address(url: str) -> str:
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


def _says_the_same(built: article_builder.BuiltArticle, article: models.Article) -> bool:
    return (built.title, built.standfirst, built.body, built.url) == (
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
