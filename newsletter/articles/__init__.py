"""Where articles come from: files, pages and feeds become sanitised articles with pictures of our own.

In: a path, an address, or what an editor typed. `adding`, `sources` (feeds that are read again) and `editing` are the
entrances; `article_builder` makes a `drafts.Draft` into all that an article needs, `article_store` writes it.
Strangers' bytes are read in the `parser_process` alone, by `reading` and `pictures`, which are pure; `fetching` has
the only HTTP client.
"""
