"""Pages about people: the public ones of a list (join, confirm, leave) and the staff's (lists, people, imports).

They parse, call one step of the other rooms, and answer. GET never writes.
"""
