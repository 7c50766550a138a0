"""`newsletter staff`: the accounts of the team, without a browser or a mail server."""

from typing import Annotated

import typer

from newsletter.errors import InvalidInput
from newsletter.management.cli import output
from newsletter.staff import queries, services
from newsletter.staff.models import ADMIN, EDITOR, User

app = typer.Typer(help="Accounts of the team.", no_args_is_help=True)


@app.command()
def add(
    email: Annotated[str, typer.Argument(help="Their e-mail address, used to sign in.")],
    editor: Annotated[bool, typer.Option("--editor", help="Can write, approve and schedule.")] = False,
    admin: Annotated[bool, typer.Option("--admin", help="Can set up newsletters, lists and accounts.")] = False,
    name: Annotated[str, typer.Option(help="Shown to the team.")] = "",
    json: output.Json = False,
) -> None:
    """Create an account and print a sign-in link, which works once within seven days."""
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
    """Print a new sign-in link for an account; its older links stop working."""
    with output.problems():
        user = services.find(email)
        if not user.is_active:
            raise InvalidInput(
                f"The account {user.email} is closed. An admin can open it again in the newsroom.", field="email"
            )
        _show(user, services.sign_in_link(user, now=output.clock(), by=output.ACTOR), json=json)


@app.command(name="list")
def list_(json: output.Json = False) -> None:
    """List every account."""
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
    output.say(f"{user.email} ({', '.join(_roles(user))}) signs in with this link. It works once, within seven days:")
    typer.echo(address)
