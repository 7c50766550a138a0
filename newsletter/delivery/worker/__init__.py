"""The delivery worker: claims chunks, hands their messages to mail servers, settles what became of them.

`delivery_worker` is the life of a process, `housekeeping` what it does for all, `send_loop` a stretch of sending:
`chunk_claimer` and `chunk_loader` get a chunk, `dispatcher` chooses whose message is next from each `chunk_queue`,
`message_gate` and `dot_gate` are asked before each final dot, `consent_watch` looks meanwhile, `chunk_settler` writes
what came of it. In: frozen releases. Out: results in the ledger. Only the processes that `newsletter run` and
`newsletter worker` start import it.
"""
