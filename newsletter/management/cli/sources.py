"""`newsletter sources`: the feeds that articles come from."""

from typing import Annotated

import typer

from newsletter import errors
from newsletter.articles import queries, sources
from newsletter.management.cli import output

app = typer.Typer(help="Sources: feeds that are fetched again and again.", no_args_is_help=True)


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="An RSS or Atom feed, or a page that names one.")],
    language: Annotated[str, typer.Option(help="Language tag of its articles; detected if not given.")] = "",
    as_json: output.Json = False,
) -> None:
    """Add a feed. Fetch its articles with `newsletter sources fetch`."""
    with output.problems():
        source = sources.add_source(url=url, now=output.clock(), language=language)
    if as_json:
        output.emit({"id": source.pk, "title": source.title, "url": source.url})
    else:
        output.say(f"Source {source.pk}: {source}. Fetch its articles: newsletter sources fetch {source.pk}")


@app.command("fetch")
def fetch_sources(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID…]", help="All sources if none is given.")] = None,
    as_json: output.Json = False,
) -> None:
    """Fetch new articles. One that fails does not stop the others; the exit code is then 1."""
    with output.problems():
        wanted = [queries.get_source(number) for number in ids] if ids else queries.sources()
    if not wanted:
        output.say("No sources yet. Add one: newsletter sources add URL")
    report: list[dict[str, object]] = []
    failed = False
    with output.progress() as bar:
        for source in bar.track(wanted, description="Fetching"):
            try:
                found = sources.fetch_source(source, now=output.clock())
            except errors.UserError:
                found = []
                failed = True
            new = sum(added.created for added in found)
            report.append({"id": source.pk, "source": str(source), "new": new, "known": len(found) - new})
            report[-1]["problem"] = source.last_error
    if as_json:
        output.emit(report)
    elif report:
        output.table(["id", "source", "new", "known", "problem"], [list(row.values()) for row in report])
    if failed:
        raise typer.Exit(1)


@app.command("list")
def list_sources(as_json: output.Json = False) -> None:
    """List sources with their last fetch."""
    sources = queries.sources()
    rows = [
        {
            "id": source.pk,
            "title": source.title,
            "url": source.url,
            "language": source.language,
            "fetched_at": source.fetched_at.isoformat(timespec="minutes") if source.fetched_at else "",
            "problem": source.last_error,
        }
        for source in sources
    ]
    if as_json:
        output.emit(rows)
    elif rows:
        output.table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        output.say("No sources yet. Add one: newsletter sources add URL")
