"""Who gets an issue, and what became of each: the only place where deliveries and results are written.

`audience_freeze` writes down once who gets it (`chunking` says in which chunk), `leases` who works on a chunk,
`results` what became of its deliveries, under the chunk's fencing token; `journal` is the worker's own file around each
final dot, `completion` ends an issue when every sum is right. `queries` and `tally` read. In: an approved issue, then
replies. Out: sums that balance. The worker and `control` write through it; everybody may read. `docs/delivery.md`
tells the rules.
"""
