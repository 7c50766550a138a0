"""Where connections of tests seem to lead."""

import asyncio


class LeadsTo(asyncio.Transport):
    """A connection to an address that no test may reach."""

    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 25)})

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def abort(self) -> None:
        pass
