"""The delivery worker: claims chunks, hands their messages to mail servers, settles what became of them.

`delivery_worker` is the process's life, `housekeeping` what it does for all; `session` is one stretch of sending:
`dispatcher` chooses whose message is next, `chunk_loader` makes it, `chunk_sender` keeps a held chunk's state,
`dot_gate` is asked before each final dot, `consent_watch` looks meanwhile, `chunk_settler` writes what came of it.
In: frozen releases. Out: results in the ledger. Only the processes that `newsletter run` and `newsletter worker` start
import it.
"""
