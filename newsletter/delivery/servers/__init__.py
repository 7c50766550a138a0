"""The mail servers: which there are, which may be asked, and the carriers that speak to them.

`transport_url` reads a server from its URL, `stored_servers` knows the stored rows, `server_settings` adds and changes
them. `server_health` notes which failed and what brings it back, `server_state` decides which may be asked (`routing`
is the rule, pure), `server_alarms` tells the staff. `carrier_registry` makes a carrier for each, `carrier_selector` is
a worker's view of all. In: settings and what carriers met. Out: a usable carrier. Workers, pages and commands call it.
"""
