"""Settings, URLs and servers: the only reader of the environment."""
