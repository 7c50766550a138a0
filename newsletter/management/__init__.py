"""The `newsletter` command (`cli`), its long-running processes (`runtime`) and the demo's newsroom (`sample`)."""
