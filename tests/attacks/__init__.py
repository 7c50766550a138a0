"""Attacks that once did harm, and their kind, against the real product."""
