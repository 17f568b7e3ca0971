"""Learning policies: which arm is chosen, with which probability, and what a reward changes."""
