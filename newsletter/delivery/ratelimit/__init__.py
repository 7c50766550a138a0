"""How fast mail may go out: limits a second, minute, hour and day, by server, sender and receiving provider.

`limit_rules` says what a limit is, `limit_settings` stores what people set. `token_bucket` is asked before each
hand-over and costs no database; `refill` keeps it filled with `slot_reservations`, which are taken from the database by
`slot_schedule`, each once among all workers. `backoff` goes slower where a provider asks for it, `providers` and
`mx_lookup` tell which provider that is. The worker calls it; pages and commands use `limit_settings` only.
"""
