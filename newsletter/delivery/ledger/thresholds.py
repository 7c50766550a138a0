"""When a release must stop by itself because too much of it comes back (trust A5). Pure.

Receivers judge a sender by how many of its mails nobody is there for, and by how many are called spam: an old or
bought list shows in both, and going on makes it worse for every list of the house.
"""

from dataclasses import dataclass

from newsletter.translatable import Figures, Quantity
from newsletter.translatable import Translatable as _

REFUSED, COMPLAINTS, UNMADE = "refused", "complaints", "unmade"
"""Names of the limits, as `Release.brakes` keeps them."""
A_HANDFUL = 5
UNMADE_ROWS = 50
UNMADE_SHARE = 0.01
"""Fault R1: more mails that could not be made than either, and the issue pauses; a handful never does that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of an issue so far."""

    accepted: int
    refused: int
    """By a server, at this recipient."""
    complaints: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BrakeThresholds:
    """Shares in percent; 0: no limit."""

    refused: float = 10.0
    refused_from: int = 50
    """Settled recipients before which the share says nothing."""
    complaints_warn: float = 0.1
    complaints: float = 0.3
    """Gmail and Yahoo stop listening to a sender above it."""
    complaints_from: int = 1_000
    """One complaint of a list of two hundred is no rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What a threshold asks for, in words, each empty when nothing is asked."""

    pause: str = ""
    warn: str = ""
    brake: str = ""
    """Which threshold asks for the pause."""


def reached(counts: Counts, limits: BrakeThresholds) -> Reached:
    """Whether the release may go on as it is."""
    settled = counts.accepted + counts.refused
    if limits.complaints and counts.accepted >= limits.complaints_from:
        share = 100 * counts.complaints / counts.accepted
        said: dict[str, object] = {
            "complaints": Quantity(counts.complaints),
            "accepted": Quantity(counts.accepted),
            "share": Figures(f"{share:.2f}"),
            "limit": Figures(f"{limits.complaints:g}"),
        }
        if share >= limits.complaints:
            text = _(
                "%(complaints)s of %(accepted)s recipients (%(share)s %%) called it spam: from %(limit)s %% on, "
                "providers turn against the sender. Look at who is on the list and how they joined before you go on.",
                **said,
            )
            return Reached(pause=text, brake=COMPLAINTS)
        if limits.complaints_warn and share >= limits.complaints_warn:
            warn = _(
                "%(complaints)s of %(accepted)s recipients (%(share)s %%) called it spam. From %(limit)s %% on it "
                "pauses by itself.",
                **said,
            )
            return Reached(warn=warn)
    if limits.refused and settled >= limits.refused_from:
        share = 100 * counts.refused / settled
        if share >= limits.refused:
            text = _(
                "%(refused)s of the first %(settled)s recipients (%(share)s %%) were refused, and the limit is "
                "%(limit)s %%. Providers take that for a bad list. Look at what the servers said under "
                "“not taken”; then go on, or cancel. It does not pause for this again.",
                refused=Quantity(counts.refused),
                settled=Quantity(settled),
                share=Figures(f"{share:.0f}"),
                limit=Figures(f"{limits.refused:g}"),
            )
            return Reached(pause=text, brake=REFUSED)
    return Reached()


def unmade(*, rows: int, planned: int) -> str:
    """Why the release must pause when that many of its mails could not be made (fault R1); empty: it need not."""
    if rows <= A_HANDFUL or (rows <= UNMADE_ROWS and rows <= UNMADE_SHARE * planned):
        return ""
    return _(
        "%(rows)s of %(planned)s mails could not be made, so the fault is likelier in the issue than in its readers. "
        "Nobody was marked for the last of them. If you go on, the others get theirs and these are listed as "
        "refused: “could not be made”.",
        rows=Quantity(rows),
        planned=Quantity(planned),
    )


def may_be_over(*, refused: int, accepted_at_least: int, limits: BrakeThresholds) -> bool:
    """False when the share of refused is below its limit already by what is known without counting."""
    settled = max(accepted_at_least + refused, limits.refused_from)
    return bool(limits.refused) and 100 * refused >= limits.refused * settled
