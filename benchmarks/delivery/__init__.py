"""How fast delivery is, as ratios: two ways of doing the same, measured in turns, in one run, on one machine."""
