"""Who acts when no person does. A person is `User.actor`, a typed command is `management.output.ACTOR`."""

SCHEDULER = "scheduler"
"""Carries out a consent that was given: never gives one."""
AUTOMATIC = "automatic"
"""Consents to what a publication's policy lets go out without a person."""

MACHINES = frozenset({SCHEDULER, AUTOMATIC})
