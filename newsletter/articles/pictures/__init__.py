"""Pictures in articles: how a text names them, which of a page's are meant, and how they are written again by us.

`media_keys` names a stored picture without a host, `embedded` finds pictures in HTML, `recode` turns bytes into a
picture of ours. Pure; strangers' bytes come here only in the parser process. `picture_store` keeps the files.
"""
