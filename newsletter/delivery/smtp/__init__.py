"""The SMTP client: everything that touches a socket.

In: messages and a stored server's settings. Out: one `carrier.Reply` for each message, with the phase in which it came.
`client` is the carrier: a `connection_pool`, and the `pipeline` of messages over it (RFC 2920). `connection` is one
connection (RFC 5321, 3207, 4954), `byte_stream` its bytes, `reply_parser` what the server says, `encryption_policy`
where mail may travel in clear; `probe` tests a server without sending, `memory_carrier` keeps what it is given.
Only `servers` makes clients; whoever sends speaks to the Protocol in `delivery.carrier`.
"""
