"""The tests mirror the rooms; `journeys/` tells whole stories, `adapters/` and `faults/` try every way out."""
