"""The mail servers of this installation: their settings, how they do, and which is asked next.

`transport_url` reads one from its URL, `server_settings` adds and changes them, `server_health` knows which failed and
what brings it back, `routing` is the rule of preference (pure), `carrier_registry` makes a carrier for each, and
`carrier_selector` is what one worker sees of them. In: what an admin typed, and what probes and sending found.
Out: a carrier for a publication's next message. Worker and outbox choose; pages and commands edit.
"""
