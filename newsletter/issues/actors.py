"""Names of the machines that act. A user acts as `User.actor`, a typed command as `management.cli.output.ACTOR`."""

SCHEDULER = "scheduler"
"""Carries out an approval that was given: never gives one itself."""
AUTOMATIC = "automatic"
"""Approves what a publication's policy lets go out without an approver."""

MACHINES = frozenset({SCHEDULER, AUTOMATIC})
