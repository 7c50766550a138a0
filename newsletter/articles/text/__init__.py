"""Words and sentences of a finished text: its length, language, direction, first sentences. Pure."""
