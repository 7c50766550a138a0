"""Files of people: read as other programs save them, checked, staged, and added in steps that a kill cannot spoil.

In: a CSV file and what an admin answered about it. Out: people on a list, and a row with a reason for everybody who was
not added. `reading` reads (with `encodings`, `records`), `columns` decides what each column is, `staging` keeps what
was checked, `importing` commits it (with `enrolling`). `exporters` and `vocabulary` are facts about other programs.
`exporting` writes a file. Pages, commands and `api` call it.
"""
