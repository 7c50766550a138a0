"""From a frozen rendition to the bytes of one mail.

In: a rendition, a reader's values, the headers of a publication. Out: `carrier.Message`, ready for the wire.
`issue_template` compiles a rendition once and fills it for each reader, by a `derived_template` where only a token
differs; `single_message` writes mails of our own. `headers` encodes every header; `sender`, `recipient`, `message_id`
and `list_headers` (List-Unsubscribe, List-Id) say what stands in them, `verp` makes the envelope sender that bounces
come back to; bodies are `mime_parts` in `quoted_printable`. Pure: no database, no network.
The outbox, the worker's `chunk_loader` and the commands that write a mail to a file call it.
"""
