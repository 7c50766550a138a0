"""Doorbells: they carry an id and nothing else; the truth is in our tables."""
