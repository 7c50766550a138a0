"""Scripts that measure; tests never run them. Each prints what it did, and as its last line one JSON object."""
