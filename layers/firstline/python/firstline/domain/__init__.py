"""Rules and values of customer support; no input or output."""
