"""What was checked waits in a staging file, until it is imported or its time is over.

In: rows of `reading`, and answers about columns. Out: a `staged_file.Staged`, people by their numbers, reports.
`checking` fills it, `reports` tell of what was rejected, `forgetting` drops it; `statements` is all its SQL. A
kill costs only the file, which can be checked again. Called by `importing`, pages, commands and erasure.
"""
