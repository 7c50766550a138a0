"""Start-up checks: a bad setting is an error at start, with an id and a hint, not a surprise at send time."""
