"""Markdown files, with front matter or without, as writers and note-taking programs save them."""
