"""What people, and the system in their stead, decide about a release that is under way.

`release_actions` pauses, resumes, cancels and settles doubts, `resend` writes again to those who failed, `reconcile`
settles doubts from a relay's log (`relay_log`), `auto_pause` stops a release that too much comes back from. `takeover`
takes over a dead worker's chunks; `restore_guard` notices a database that was restored or copied, and nothing goes
out until a person ends that hold (`hold_end`, with the `journal_notes`). Pages, commands and the worker call it.
"""
