"""How a benchmark is called and how it ends: one JSON object in its last line, whatever it measures."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Collection, Mapping

from benchmarks.delivery.effort import Effort


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def called(prog: str, *, description: str | None, choices: Collection[str], metavar: str) -> tuple[list[str], Effort]:
    """What is to be measured, everything unless some are named; and with how much effort."""
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parser.add_argument("chosen", nargs="*", metavar=metavar, help=f"out of: {'; '.join(choices)}. None: all")
    quick = bool(os.environ.get("QUICK"))
    parser.add_argument("--quick", action="store_true", default=quick, help="a smoke: little of everything, once")
    wanted = parser.parse_args()
    if unknown := set(wanted.chosen) - set(choices):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    # So that a stop from outside, or Ctrl-C where it was ignored, still stops everything that was started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    say(f"Python {sys.version}")
    return wanted.chosen or list(choices), Effort(quick=wanted.quick)


def summed_up(figures: Mapping[str, object], *, ok: bool) -> int:
    """Print the last line; returns the exit code."""
    say(json.dumps(figures))
    return int(not ok)
