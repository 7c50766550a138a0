"""Newsletter: articles become an issue, an issue becomes messages, messages become deliveries."""

__version__ = "0.1.0"
