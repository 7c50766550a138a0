"""The forms of the newsroom, a module for each place; `merging` for those that two people may have open at once.

Forms read what a person types. A button's own values, such as the story that it moves, were put there by our page:
views read those with `web.posts`, and nothing is shown beside them. So the composer, whose every button saves the
words first, has one form for the words (`issues.WordsForm`), and its many buttons have none.
"""
