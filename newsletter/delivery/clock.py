"""The clock of leases and rate limits: it never steps, and never stands still while the machine sleeps."""

import time


def boottime() -> float:
    """Seconds since this machine started, also while it slept. Two machines' values say nothing about each other."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
