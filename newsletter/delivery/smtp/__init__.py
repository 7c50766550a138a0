"""The SMTP client: everything that touches a socket.

In: messages and a stored server's settings. Out: a `carrier.Reply` for each message, with the phase in which it came.
`client` is the carrier: a `connection_pool`, and `pipeline`s of messages over it (RFC 2920), each of them a
`transaction` of `envelope` and content (`dot_stuffing`). `connection` is one connection (RFC 5321): opened by `ehlo`,
`starttls` and `auth`, its bytes `byte_stream`, what the server says `reply_parser`; `cleartext_policy` says where mail
may go without TLS. `probe` tests a server without sending, `memory_carrier` keeps what it is given.
Only `servers` makes clients; whoever sends speaks to the Protocol in `delivery.carrier`.
"""
