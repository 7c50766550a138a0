"""DKIM (RFC 6376, 8463): the keys of our domains, and the signatures they make.

`signatures` signs a message's bytes (pure), `signing_keys` makes, rotates and retires keys and gives the worker its
signers, `dns_record` is what to publish, `dns_check` what DNS shows. In: a domain and canonical bytes. Out: header
lines. The worker and the outbox sign; pages, `doctor` and `newsletter dkim` manage keys.
"""
