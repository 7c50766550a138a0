"""Strangers' bytes become drafts: pages, feeds, Markdown, word processors' HTML, mails, plain text.

In: bytes, and perhaps the address they came from. Out: a `drafts.Draft`. Everything here is pure and runs in the parser
process, within limits of time and memory. `extract` is the entrance for files and pages, `feeds` for feeds, `typed` for
a form; `sanitise` is the only way from foreign HTML to ours. A room for each kind: `markdown`, `mails`, `pages`, and
`not_for_readers`, which tells apart what is no part of the story.
"""
