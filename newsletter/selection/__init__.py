"""The pure choice of candidate articles by a rule, each with its reason."""
