"""The development mail catcher: an SMTP server and its store. Never for production."""
