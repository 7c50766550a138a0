"""Where articles come from: files, pages and feeds become sanitised articles with pictures of our own."""
