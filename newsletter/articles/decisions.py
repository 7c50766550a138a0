"""What a person decides about words that were kept from readers: put a piece back, take it out again, free a draft."""

from collections.abc import Sequence

from django.db import transaction

from newsletter import errors
from newsletter.articles import models
from newsletter.articles.drafts import LeftOut
from newsletter.articles.reading.not_for_readers import left_out
from newsletter.articles.text import bounds
from newsletter.translatable import Translatable as _


class NoSuchPiece(errors.NotFound):
    """Nothing of that number was left out, or it is no longer in the text."""


class NoRoom(errors.InvalidInput):
    """The text would be longer than an article's may be."""


def put_back(article: models.Article, *, number: int) -> models.Article:
    """Piece ``number`` of what was left out becomes part of the text, at its place. Raises NoSuchPiece, NoRoom."""
    with transaction.atomic():
        row, pieces = _locked(article, number)
        body, pieces = left_out.put_back(row.body, pieces, number)
        if bounds.is_too_long(body, before=row.body):
            raise NoRoom(
                _(
                    "The text would be too long for a newsletter with these words. Nothing was changed. Shorten the "
                    "text first, or copy into it what readers should see."
                )
            )
        return _kept(row, body, pieces)


def take_out(article: models.Article, *, number: int) -> models.Article:
    """The reverse of `put_back`. Raises NoSuchPiece when the text was changed since."""
    with transaction.atomic():
        row, pieces = _locked(article, number)
        taken = left_out.take_out(row.body, pieces, number)
        if taken is None:
            raise NoSuchPiece(
                _("These words have been edited since they were put back. Nothing was changed; edit the text.")
            )
        return _kept(row, *taken)


def free(article: models.Article) -> models.Article:
    """A draft, or what was for members only, may go into issues now."""
    models.Article.objects.filter(pk=article.pk).update(kept_back="")
    article.kept_back = ""
    return article


def _locked(article: models.Article, number: int) -> tuple[models.Article, list[LeftOut]]:
    row = models.Article.objects.select_for_update().get(pk=article.pk)
    pieces = left_out.from_json(row.left_out)
    if not 0 <= number < len(pieces):
        raise NoSuchPiece(_("This article has no left-out words with that number. Nothing was changed."))
    return row, pieces


def _kept(row: models.Article, body: str, pieces: Sequence[LeftOut]) -> models.Article:
    # The key of the words stays: the same file, added again, is still known by how it came.
    row.body = body
    row.left_out = left_out.to_json(pieces, pictures=left_out.pictures_taken_out(row.left_out))
    row.save(update_fields=["body", "left_out"])
    return row
