"""What attacks cost everybody else, measured on a running product."""
