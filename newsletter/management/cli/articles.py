"""`newsletter articles`: add, list and show articles."""

from typing import Annotated

import typer

from newsletter import conf, errors
from newsletter.articles import adding, article_store, files, models, queries
from newsletter.articles.pictures import media_keys
from newsletter.articles.reading.not_for_readers import left_out
from newsletter.management.cli import output

app = typer.Typer(help="Articles: add them from files, pages and feeds; list and show them.", no_args_is_help=True)


@app.command()
def add(
    what: Annotated[list[str], typer.Argument(metavar="PATH-or-URL…", help="Files, directories, pages or feeds.")],
    language: Annotated[str, typer.Option(help="Language tag such as en or fa; detected if not given.")] = "",
    as_json: output.Json = False,
) -> None:
    """Add articles. One that fails does not stop the others; its reason is shown, and the exit code is then 1."""
    added: list[article_store.Added] = []
    problems: list[str] = []
    with output.progress() as bar:
        places = _places(what, problems)
        for place in bar.track(places, description="Adding"):
            try:
                found = adding.add(place, now=output.clock(), language=language)
            except adding.SomeFailed as error:
                found = error.added
                problems += error.problems
            except errors.UserError as error:
                found = []
                problems.append(str(error))
            added += found
    if as_json:
        output.emit({"added": [_as_json(each) for each in added], "problems": problems})
    else:
        _tell(added)
    for problem in problems:
        output.say(f"Error: {problem}")
    if problems:
        raise typer.Exit(1)


@app.command("list")
def list_articles(
    search: Annotated[str, typer.Option(help="Only articles that contain these words.")] = "",
    limit: Annotated[int, typer.Option(parser=output.how_many, metavar="N", help="How many to list, at most.")] = 1000,
    as_json: output.Json = False,
) -> None:
    """List articles, newest first."""
    found = queries.newest(limit=limit, search=search)
    if as_json:
        output.emit([_brief(article) for article in found])
        return
    if not found:
        output.say("No articles yet. Add one: newsletter articles add PATH-or-URL")
        return
    output.table(["id", "title", "language", "url"], [list(_brief(article).values()) for article in found])


@app.command()
def show(article_id: Annotated[int, typer.Argument(metavar="ID")], as_json: output.Json = False) -> None:
    """Show one article with all its fields."""
    with output.problems():
        article = queries.get(article_id)
    picture = article.picture
    fields = {
        **_brief(article),
        "direction": article.direction,
        "standfirst": article.standfirst,
        "byline": article.byline,
        "kicker": article.kicker,
        "topics": article.topics,
        "picture": picture.file if picture else "",
        "picture_alt": article.picture_alt,
        "picture_credit": article.picture_credit,
        "published_at": article.published_at.isoformat() if article.published_at else None,
        "added_at": article.added_at.isoformat(),
        "origin": article.origin,
        "source": article.source_id,
        "kept_back": article.kept_back,
        "left_out": [
            f"{passage.why.value}: {passage.text}"
            for passage in left_out.from_json(article.left_out)
            if not passage.back
        ],
        "body": media_keys.with_addresses(article.body, base_url=conf.config().base_url),
    }
    if as_json:
        output.emit(fields)
        return
    output.table(["field", "value"], [[name, value] for name, value in fields.items() if value not in (None, "", [])])


def _places(what: list[str], problems: list[str]) -> list[str]:
    """Directories as their files, so that each counts in the progress."""
    places: list[str] = []
    for place in what:
        if place.lower().startswith(("http://", "https://")):
            places.append(place)
            continue
        try:
            places += [str(path) for path in files.expand(place)]
        except errors.UserError as error:
            problems.append(str(error))
    return places


def _brief(article: models.Article) -> dict[str, object]:
    return {"id": article.pk, "title": article.title, "language": article.language, "url": article.url}


def _as_json(added: article_store.Added) -> dict[str, object]:
    same = queries.same_headline(added.article) if added.created else None
    return {
        **_brief(added.article),
        "created": added.created,
        "notes": list(added.notes),
        "pictures_filled_in": added.gained,
        "same_headline": same.pk if same else None,
    }


def _tell(added: list[article_store.Added]) -> None:
    if added:
        rows = [
            [each.article.pk, each.article.title, each.article.language, "added" if each.created else "already there"]
            for each in added
        ]
        output.table(["id", "title", "language", ""], rows)
    for each in added:
        for note in each.notes:
            output.say(f"{each.article.pk}: {note}")
        if each.gained:
            output.say(f"{each.article.pk}: pictures that were missing and are there now: {each.gained}")
        if each.created and (same := queries.same_headline(each.article)):
            output.say(f"{each.article.pk}: There is an article with this headline already: {same.pk}.")
