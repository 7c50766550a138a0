"""HTML of a word processor, a note-taking program or a site → HTML of the story, and what was kept out of it. Pure.

In: HTML that is not nested too deeply. Out: a `document_reader.Document`. `document_reader` is the entrance; the others
each take a kind of part out of a `story_tree.StoryTree`, which remembers what was taken, why, and below which words it
stood. A page with none of it comes back unchanged.
"""
