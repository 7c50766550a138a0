"""Decides what each column of a file of people is: by its title, its values, and what an admin answered. Pure.

What speaks of leaving and is not understood is never passed over: it becomes a question (trust threat 24).
In: a `seen_column.Seen` for each column, and answers. Out: a `column.Plan` (`deciding`), and what each cell says of its
person (`cell_standing`). Roles are found in this order: `person_columns`, `standing_columns`, `doubtful_columns`.
"""
