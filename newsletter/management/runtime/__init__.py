"""Long-running processes: the parts they are made of, and what keeps them alive."""
