"""Saved pages: which line is the headline, the byline, the story, and which belong to the site."""
