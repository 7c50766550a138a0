"""Reading articles and sources."""

import functools
import operator

from django.db.models import Q, QuerySet

from newsletter import errors
from newsletter.articles import models
from newsletter.translatable import Translatable as _

LONGEST_SEARCH = 200
"""Characters that are typed into a field: each word of them may read all the texts that there are."""


class NoSuchArticle(errors.NotFound):
    """There is no article, or no source, with that number."""


def newest(*, limit: int, search: str = "", offset: int = 0) -> list[models.Article]:
    """The newest articles, those that hold every word of ``search``; with their picture and source, in one query."""
    return list(_matching(search).select_related("picture", "source")[offset : offset + limit])


def listed() -> QuerySet[models.Article]:
    """Articles without what only their own pages show: their texts may be long, and many are listed at once."""
    return models.Article.objects.defer("body", "left_out")


def get(article_id: int) -> models.Article:
    """One article with its picture and source. Raises NoSuchArticle."""
    found = models.Article.objects.select_related("picture", "source").filter(pk=article_id).first()
    if found is None:
        raise NoSuchArticle(_("There is no article %(number)s. See `newsletter articles list`.", number=article_id))
    return found


def same_headline(article: models.Article) -> models.Article | None:
    """Another article with this headline, the newest; None when there is none."""
    others = models.Article.objects.filter(title__iexact=article.title).exclude(pk=article.pk)
    return others.order_by("-pk").first()


def sources() -> list[models.Source]:
    """All sources, by title."""
    return list(models.Source.objects.order_by("title", "pk"))


def get_source(source_id: int) -> models.Source:
    """One source. Raises NoSuchArticle."""
    found = models.Source.objects.filter(pk=source_id).first()
    if found is None:
        raise NoSuchArticle(_("There is no source %(number)s. See `newsletter sources list`.", number=source_id))
    return found


def _matching(search: str) -> QuerySet[models.Article]:
    found = listed().order_by("-added_at", "-pk")
    for word in dict.fromkeys(search.replace("\x00", " ").split()):
        places = (Q(**{f"{field}__icontains": word}) for field in ("title", "standfirst", "byline", "kicker", "body"))
        found = found.filter(functools.reduce(operator.or_, places))
    return found
