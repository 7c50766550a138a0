"""Words and sentences of a finished text: its length, language, direction, first sentences. Pure.

In: text, or HTML that is clean already. Out: numbers, a language, a shortened text. `bounds` says how long a text may
be, `excerpts` takes its beginning, `language` guesses what it is written in. Everybody may call it.
"""
