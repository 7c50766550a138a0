"""Single mails of our own: confirmations, sign-in links, invitations, test issues, alerts.

`mail_queue` is where everybody leaves a mail (a row, in the caller's transaction) and what the worker sends from;
`mail_sender` claims them under a token, marks each before its final dot, and settles it; `django_backend` is Django's
way to `mail_queue`. In: an address, a subject, text and perhaps HTML. Out: one mail, or an error that the staff see.
They are no part of any ledger.
"""
