"""The web server that `newsletter run` and `newsletter web` embed: waitress, told whom to believe and when to stop.

Waitress reads each request whole before one of its threads sees it, so that slow senders and slow readers cost a
connection and nothing else. What it leaves open is closed here: connections that hold a place for nothing, bodies
that nobody may send, and one client's thousand requests that would come before another's single request. Why it is
this server: `docs/benchmarks.md`.

`request` parses, `channel` is a connection, `acceptor` takes and closes connections, `request_queue` decides who is
answered next, `dispatcher` has the threads that answer, `refusals` are answers before any page is asked, and
`web_server` puts them together and ends what is too slow.
"""
