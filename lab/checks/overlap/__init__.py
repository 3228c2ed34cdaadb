"""Rows of one part that come back in another: exact, near, contained, paraphrased."""
