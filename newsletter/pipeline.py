"""The storyboard: articles become an issue, an issue becomes renditions, renditions become deliveries."""
