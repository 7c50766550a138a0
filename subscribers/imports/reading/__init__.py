"""Reads a file of people as programs save it: any encoding, any delimiter, with or without a header; streamed.

In: a path, and answers about its columns. Out: a `scanning.Scan`, a plan (`survey.plan_of`), and then every person in
the file once (`person_rows.rows`), usable or with the reason why not: nobody is passed over in silence. `remarks` and
`headings` read what lists say besides. Called by `staging` alone.
"""
