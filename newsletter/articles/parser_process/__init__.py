"""The parser process: a pure function of `reading` or `pictures` is called there, within bounds of time and memory.

In: a function and the bytes that it reads. Out: its answer or its error, or `TooCostly`, `ParserBusy`, `OutOfTime`.
`parser` is the caller's side and the only module that other rooms import; `process` starts the child and speaks to it
over two pipes, `child` is the child's own life, `answers` what may travel back, `budget` what a call may take.
"""
