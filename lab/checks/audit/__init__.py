"""The audit of a split: every check on data, run in one go."""
