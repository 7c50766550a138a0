"""How a release goes, in numbers and in words; nothing here changes anything.

`samples` gives the rate, the end and the chart, `recipient_search` who got it and who did not, `recipients` the same
with addresses and as CSV, `reply_summary` what servers said, `metrics` the gauges of the whole installation. In: the
ledger and the samples that a worker takes. Out: frozen values for pages, commands and the metrics page.
"""
