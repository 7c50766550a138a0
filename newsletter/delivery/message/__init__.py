"""From a frozen rendition to the bytes of one mail.

In: a rendition, a reader's values, the headers of a publication. Out: `carrier.Message`, ready for the wire.
`message_builder` compiles a rendition once, with its headers (the way out among them), and fills it for each reader;
`headers` encodes every header, `verp` makes the envelope sender that finds its way back. Pure: no database, no network.
The outbox, the worker's `chunk_loader` and the commands that write a mail to a file call it.
"""
