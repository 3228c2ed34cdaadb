"""Thresholds of the smell battery, each with its reason."""

from __future__ import annotations

FEW = 20
"""Rows below which a perfect score, or one no better than the commonest answer, may well be chance."""
ENOUGH = 50
"""Rows from which a model worth reporting stands clear of the commonest answer: 0.8 against 0.6 misses once in 1,000."""
GAIN_RULED_OUT = 0.1
"""Between FEW and ENOUGH rows a score at the trivial one fails only when a gain of this size is ruled out (for
errors and losses: this share of the trivial one)."""
ROOM = 6
"""Rows that the commonest answer gets wrong: with fewer even a perfect model is not better beyond doubt (2^-5 = 0.03)."""
PERFECT = 1e-3
"""A score this close to the best possible counts as perfect."""
CHANCE = 0.01
"""An honest predictor says one word to all rows with less than this chance: then it is no accident."""
ONE_WORD = 0.95
"""Share of one prediction from which the rest hardly matters."""
SHIFT = 0.1
"""How much better a shifted or relabelled reading must be before the evaluation is doubted."""
SURE = 1e-3
"""Two-sided p from which a FAIL may be said; healthy results, thousands of them, must not reach it."""
UNSURE = 0.02
"""Two-sided p from which a doubt may be said."""
NEIGHBOURS = 0.2
"""Answers that agree with the next row's by this much more than chance: there a lagging model is no mistake of reading."""
NEIGHBOURS_BEYOND = 2.5
"""And by this many standard errors: in 30 rows of coin tosses neighbours agree by 0.2 too often one time in seven."""
MOST_LABELS = 300
"""More kinds of answer than this are texts, not labels: no map between names is looked for."""
ROWS_PER_LABEL = 4
"""Fewer rows than this per label and the best map fits by chance."""
MISSING = 0.05
"""Share of rows without a prediction above which the score is no longer one of the whole test."""
UNPARSED = 0.2
"""Share of predictions of no readable form that is worth a look; they are counted as wrong."""
JUMP = 3.0
"""A jump of more than this many minimum detectable effects in one change is looked at."""
GAP = 2.0
"""Standard errors by which a test score must exceed the training score to be odd."""
SLICE_ROWS = 20
"""Smallest slice that is looked at."""
SLICE_JUMP = 0.3
"""Sources differ in difficulty; a gap beyond this between one slice and the rest is told."""
FLAGGED_JUMP = 0.02
"""Rows seen in training may be the easy ones; when the score falls by this much without them they carry it."""
SAME_MISTAKES = 10
"""So many wrong predictions in common, and no other: two systems do not make all the same mistakes by accident."""
DIFFER = 0.05
"""Share of rows whose second prediction may differ through the arithmetic of low precision."""
SAME_NUMBER = 1e-4
"""Relative difference below which two predicted numbers are the same: the rounding of another batch size."""
FAST = 10.0
"""A training this many times faster than forecast has done something else."""
SHORT = 10.0
"""Forecasts below this many seconds are all overhead and say nothing."""
IN_PROMPT = 0.2
"""How much more often a prompt must give its own answer away than another row's answer, given as an answer."""
CONFLICTS = 3
"""So many inputs with conflicting labels before a ceiling is taken from them."""
