"""What was kept out of an article, and why: remarks, what is for members only, instructions to a website."""
