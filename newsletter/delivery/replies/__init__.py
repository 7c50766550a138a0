"""What a mail server's answer means.

In: a `carrier.Reply`. Out: what it is about (`classification`), and what to do (`retry_policy`: done, again at a
moment, or a person must look). `provider_codes` is the table of what the large providers mean. Pure: nothing is
written here; the ledger and the outbox store what comes out.
"""
