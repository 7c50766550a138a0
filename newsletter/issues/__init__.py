"""Publications and their issues: what is in an edition, in which order, and who agreed to send it."""
