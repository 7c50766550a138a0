"""An edition becomes HTML and plain text; pure: no Django, no network."""
