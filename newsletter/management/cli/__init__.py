"""The groups of the `newsletter` command: a module for each, with its Typer `app`. `__main__` names them.

`output` is how every command speaks; `issue_output` prints issues, `issue_export` writes an issue to files.
"""
