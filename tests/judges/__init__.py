"""Mail servers that other people wrote judge our mail: what they keep is what we sent, byte for byte."""
