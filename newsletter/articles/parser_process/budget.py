"""What a call of the parser process may take, and how long others wait for their turn."""

SECONDS = 10
"""Seconds of processor time for a call; the longest report of our samples takes a twentieth of a second."""
MOST_SECONDS = 120
"""Of any time, on a machine that has other things to do first."""
NICENESS = 10
"""Everything else comes first; but at 19, beside one busy process, half a second of work takes a minute."""
MEGABYTES = 700
"""Of its own memory, libraries aside. A photo of 50 million pixels takes a third."""
WORN_MEGABYTES = 300
"""A process that once grew beyond this is ended after its answer, so that what it holds comes back."""
MOST_WAITING = 3
"""Others that may wait for their turn: a page that waits keeps a thread of the web server."""
SECONDS_FOR_A_TURN = 60
"""That each of them waits."""
REQUEST_SECONDS = 120
"""Of any time, for all that one request of a page reads."""
MOST_ANSWER_BYTES = 50_000_000
"""No answer is larger: a file or page has five million at most, with the pictures inside it."""
SECONDS_TO_END = 5
"""Seconds for a process that has closed its pipe to be gone."""
