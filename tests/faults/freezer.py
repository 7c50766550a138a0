"""`python -m tests.faults.freezer ISSUE`: releases an issue, in a process that a test may kill."""

import sys
from datetime import UTC, datetime

import django


def main() -> None:
    django.setup()
    from newsletter.delivery import audience

    audience.SLICE = 500  # more commits, more instants to be killed at
    sys.stderr.write("freezing\n")
    sys.stderr.flush()
    audience.freeze(int(sys.argv[1]), by="staff:1", now=datetime.now(UTC))


if __name__ == "__main__":
    main()
