"""Articles written to the database with their pictures, all or nothing; and the article that is there already."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import IntegrityError, transaction

from newsletter import conf
from newsletter.articles import article_builder, drafts, keys, models, picture_store
from newsletter.articles.pictures import media_keys, recode
from newsletter.articles.reading import draft_cleaning, sanitise
from newsletter.articles.reading.not_for_readers import left_out
from newsletter.articles.text import bounds
from newsletter.translatable import Translatable as _


@dataclass(frozen=True, kw_only=True)
class Added:
    article: models.Article
    created: bool
    """False: the same article (by URL or by words) was there already, and is unchanged."""
    notes: tuple[str, ...] = ()
    """What a person should know: a missing alt text, a picture that could not be had, what was left out."""
    gained: int = 0
    """Pictures that the article lacked, and has by this file now."""


def store(
    draft: drafts.Draft,
    *,
    now: datetime,
    language: str = "",
    origin: str = "",
    source: models.Source | None = None,
    beside: Path | None = None,
    lead: recode.Encoded | None = None,
    if_too_long: draft_cleaning.IfTooLong = draft_cleaning.IfTooLong.REFUSED,
) -> Added:
    """Write the article with its pictures, all or nothing; or find the article that is there."""
    if now.tzinfo is None:
        raise ValueError("now must be aware")
    # Before pictures are fetched: feeds bring the same entries again and again.
    article = known(keys.url_key(draft.url), "")
    if article and beside is None:
        return Added(article=article, created=False)
    config = conf.config()
    draft = drafts.at(draft, now)
    piece = article_builder.build(
        draft, config=config, given_language=language, beside=beside, lead=lead, if_too_long=if_too_long
    )
    article = known(piece.url_key, piece.text_key)
    if article and beside is None:
        return Added(article=article, created=False)
    if article:
        return _with_missing_pictures(article, piece, config=config, now=now)
    try:
        with picture_store.tidy(piece.pictures, config=config), transaction.atomic():
            article = models.Article.objects.create(
                **values(piece),
                picture=keep_pictures(piece, config=config, now=now),
                source=source,
                added_at=now,
                origin=origin[:2000],
            )
    except IntegrityError:
        # Another process added it in between.
        article = known(piece.url_key, piece.text_key)
        if article is None:
            raise
        return Added(article=article, created=False)
    return Added(article=article, created=True, notes=piece.notes)


def _with_missing_pictures(
    present: models.Article, piece: article_builder.BuiltArticle, *, config: conf.Config, now: datetime
) -> Added:
    """The article that a file brought before, with the pictures that were not there then. No word of it changes.

    What a person took out of it since stays out.
    """
    with picture_store.tidy(piece.pictures, config=config), transaction.atomic():
        article = models.Article.objects.select_for_update().get(pk=present.pk)
        before = {picture.file: picture.alt for picture in media_keys.pictures_in(article.body)}
        taken_out = left_out.pictures_taken_out(article.left_out)
        wanted = {
            picture.file: picture for picture in media_keys.pictures_in(piece.body) if picture.file not in taken_out
        }
        new = [encoded for encoded in piece.within if encoded.file in wanted and encoded.file not in before]
        notes: tuple[str, ...] = ()
        if new and sanitise.with_images(article.body, {}) != sanitise.with_images(piece.body, {}):
            new = []
            notes = (_("The text was changed here since, so the missing pictures in it were not added."),)
        body = sanitise.with_images(piece.body, {media_keys.key(file): picture for file, picture in wanted.items()})
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
    return Added(article=article if gained else present, created=False, notes=notes, gained=gained)


def picture_files(article: models.Article) -> set[str]:
    """The files of the pictures in its text, and of the lead picture."""
    lead = {article.picture.file} if article.picture else set()
    return {picture.file for picture in media_keys.pictures_in(article.body)} | lead


def keep_pictures(piece: article_builder.BuiltArticle, *, config: conf.Config, now: datetime) -> models.Picture | None:
    for encoded in piece.within:
        picture_store.keep(encoded, config=config, now=now)
    return picture_store.keep(piece.lead, config=config, now=now) if piece.lead else None


def values(piece: article_builder.BuiltArticle) -> dict[str, object]:
    names = (
        "title standfirst body byline kicker language direction topics url url_key text_key "
        "picture_alt picture_credit published_at"
    )
    kept_out = {"left_out": [left.to_json() for left in piece.left_out], "kept_back": piece.kept_back.value}
    return {name: getattr(piece, name) for name in names.split()} | kept_out


def known(url_key: str | None, text_key: str, *, but: models.Article | None = None) -> models.Article | None:
    """The article with this URL, else the article with these words."""
    others = models.Article.objects.select_related("picture", "source")
    if but is not None:
        others = others.exclude(pk=but.pk)
    by_url = others.filter(url_key=url_key).first() if url_key else None
    return by_url or (others.filter(text_key=text_key).first() if text_key else None)


def already_added(article: models.Article) -> drafts.UnusableArticle:
    text = _(
        "This article has already been added: “%(title)s”, number %(number)s. Nothing was changed.",
        title=article.title,
        number=article.pk,
    )
    return drafts.UnusableArticle(text, field="title")
