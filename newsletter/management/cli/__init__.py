"""The groups of the `newsletter` command: a module for each, with its Typer `app`. `__main__` names them."""
