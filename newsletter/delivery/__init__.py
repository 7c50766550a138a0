"""From renditions to outcomes on the wire: the ledger, the worker, and the ways out."""
