"""The only HTTP client of the product: opens public addresses and nothing behind our own doors (threat 21).

In: a URL that somebody typed or a page named. Out: bytes within limits, or an error that says what to do.
`http_client` follows redirects and checks each, `public_addresses` says which addresses may be opened,
`pinned_connections` connects to what was checked. Only `adding`, `sources` and `picture_store` call it.
"""
