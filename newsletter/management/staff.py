"""`newsletter staff`: the people of the newsroom, without a browser or a mail server."""

from typing import Annotated

import typer

from newsletter.errors import InvalidInput
from newsletter.management import output
from newsletter.staff import queries, services
from newsletter.staff.models import ADMIN, EDITOR, User

app = typer.Typer(help="The people of the newsroom.", no_args_is_help=True)


@app.command()
def add(
    email: Annotated[str, typer.Argument(help="Their e-mail address: the name they sign in with.")],
    editor: Annotated[bool, typer.Option("--editor", help="May write, approve and schedule.")] = False,
    admin: Annotated[bool, typer.Option("--admin", help="May set up newsletters, lists, people.")] = False,
    name: Annotated[str, typer.Option(help="Shown to colleagues.")] = "",
    json: output.Json = False,
) -> None:
    """Make an account and print a link that opens it once, within seven days."""
    with output.problems():
        roles = frozenset(role for role, given in ((EDITOR, editor or not admin), (ADMIN, admin)) if given)
        now = output.clock()
        user = services.add(email=email, roles=roles, name=name, by=output.ACTOR, now=now)
        _show(user, services.sign_in_link(user, now=now, by=output.ACTOR), json=json)


@app.command()
def link(
    email: Annotated[str, typer.Argument(help="Address of an account.")],
    json: output.Json = False,
) -> None:
    """Print a new link that opens an account once; older links of it stop working."""
    with output.problems():
        user = services.find(email)
        if not user.is_active:
            raise InvalidInput(f"The account {user.email} is closed. Open it again on the page People.", field="email")
        _show(user, services.sign_in_link(user, now=output.clock(), by=output.ACTOR), json=json)


@app.command(name="list")
def list_(json: output.Json = False) -> None:
    """Everyone with an account."""
    people = list(queries.people())
    if json:
        output.emit(
            [
                {"id": user.pk, "email": user.email, "name": user.name, "roles": _roles(user), "active": user.is_active}
                for user in people
            ]
        )
    else:
        rows = [(user.email, user.name, ", ".join(_roles(user)), "" if user.is_active else "closed") for user in people]
        output.table(("address", "name", "roles", ""), rows)


def _roles(user: User) -> list[str]:
    return [role for role, held in ((EDITOR, user.is_editor), (ADMIN, user.is_admin)) if held]


def _show(user: User, address: str, *, json: bool) -> None:
    if json:
        output.emit({"id": user.pk, "email": user.email, "roles": _roles(user), "link": address})
        return
    output.say(f"{user.email} ({', '.join(_roles(user))}) comes in by this link, once, within seven days:")
    typer.echo(address)
