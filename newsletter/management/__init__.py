"""The `newsletter` command: a module for each group, each with its Typer `app`."""
