"""What other programs write into their files of people: `column_titles`, and `cell_words` for who may be mailed.

Facts only, as `folding` leaves them: lower case, one space for every `_`, `-`, `.` and run of spaces. In: a title or a
cell. Out: whether it is known. `columns` and the readers of files ask here.
"""
