"""Django's SQLite, by a name of its own: Django imports `base` of what a database's ENGINE names."""
