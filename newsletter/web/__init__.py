"""The newsroom's pages: parse, call one step, service or query, answer."""
