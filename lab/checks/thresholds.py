"""Every number a detector or a rule decides by, with the reason beside it."""

from __future__ import annotations

# --- smoothing and patience -------------------------------------------------------------------------------------
ALPHA = 0.35
"""Weight of the newest log in the running mean: a step change shows 82 % of itself after four logs."""
BASELINE_LOGS = 3
"""Logs averaged into 'the start'. More would fold a collapse that begins at step 4 into its own baseline."""
WARM_UP = 4
"""No rule on a trend speaks before this many logs: a first batch is allowed to be odd."""
HOLD = 3
"""Consecutive logs a condition must hold. One bad batch is noise; three running means in a row are not."""
QUICK_SHARE = 0.04
PATIENCE_SHARE = 0.08
"""Share of the planned logs that a longer hold may take: what is found in the last quarter saves nothing."""
NOISE_FACTOR = 5.0
"""A move must exceed this many standard errors of the running mean. The best of some 100 correlated readings lies
about 3 errors above the truth by luck alone, so 5 leaves two for the fall itself."""

LATE_LOGS = 3
"""A line may come this many logs late (several writers); a step further back is a training that was resumed."""
NOISE_LOGS = 200
"""Logs the noise is read from: enough to know it within a tenth, and a long run costs no more to watch than a short."""

# --- reward -----------------------------------------------------------------------------------------------------
COLLAPSE_SHARE = 0.35
"""Share of the best reward that must be lost. Healthy noise loses a tenth; collapsed runs lose over a half."""
LONG_ENOUGH = 24
EARLY_ERRORS = 7.0
"""Errors by which it must exceed the noise where early logs were paid nothing: such a reward has its best by luck. One
that paid in every log of its first half needs no more than the usual."""
NEXT_TO_NOTHING = 0.25
GAIN_THAT_SHOWS = 0.8
"""Where a gain of four fifths of the level is within two errors of the noise, 'no gain' is not known, and only warned of."""
GOOD_STANDING = 0.25
RECENT_LOGS = 10
BEST_IS_LUCK = 4.0
"""A reward stands at its best while the mean of ten logs is within a quarter of it, and four errors for its luck."""
POOR_CHANCE = 1e-4
"""Where some logs were paid nothing all along, a dozen poor ones must be rarer than one in ten thousand at the share of
such logs before: a burst of luck is no level to fall from."""
COLLAPSE_MOST = 0.6
"""What no harder question explains by itself."""
MOSTLY_SILENT = 0.8
COLLAPSE_LEAST = 0.12
"""And least loss as a share of the range of rewards: a reward that is right once in twenty halves by chance."""
TRUE_COLLAPSE_SHARE = 0.6
"""Share of the best true metric that must be lost when the reward itself does not tell. Exact match is sparser than
the reward it stands behind, so more of it may go before anyone is called."""
REWARD_WITH_TRUE = 0.1
"""Share of the reward that must be lost with the true metric. One that is right in a tenth of cases halves by chance
over twenty batches; the two do not fall together by chance."""
HACK_RISE = 0.15
"""Rise of the reward, as a share of its level, that counts as being rewarded more."""
HACK_FALL = 0.30
"""Relative fall of the true metric that counts as doing worse meanwhile."""
FULL_REWARD = 0.95
"""From this share of what a right answer is paid, there is nothing left to learn: a finish, not a sickness."""

# --- learning signal --------------------------------------------------------------------------------------------
ZERO_SIGNAL = 0.95
"""Share of groups without any spread of reward from which nothing is learnt at all."""
ZERO_HOLD = 5
ZERO_HOLD_ONE = 30
ZERO_PATIENCE = 0.18
ZERO_CHANCE = 1e-4
"""Dead groups are counted longer than a fall: a hard batch can be silent by chance. Where a log may hold one group,
thirty in a row (or a sixth of the logs), and more than chance gives once in ten thousand at the rate seen before, as far
as that is known by then."""
SOLVED_BEFORE = 0.8
"""Share of the reward that had been paid in some log, and of groups silent in the last few, before a task counts as solved
at an unknown full reward: questions are learnt one after the other."""
WEAK_SIGNAL = 0.6
"""Share of silent groups over the first logs that leaves too little to learn from. A pair that is right half of the
time is silent half of the time, the best a pair can do; eight samples at that rate are silent in 1 % of groups."""
WEAK_SIGNAL_PAIR = 0.2
SMALL_GROUP = 3
"""In groups of up to three a fifth is enough: what is silent there would mostly speak in a group of eight, whose share
at the same start is near none. A larger group that is silent this often is a sign of success or of a sparse reward."""
SPEAKS_LARGER = 0.7
"""A pair's silence is known to be its size where, by a probe of the start, three in ten of its silent groups or more would
have spoken in a larger one. That is measured, so it need not be waited for; else a pair that learns is left to learn."""
WEAK_UNTIL = 0.3
"""Share of the plan by which a mostly silent pair that nobody knows better of must have gained something."""
WEAK_LOGS = 15
"""Logs averaged for the weak signal. With 16 groups a log, the share is known to about 3 points."""
WEAK_REWARD = 0.9
"""Above this share of full reward silence means solved prompts, which is success."""

# --- entropy, KL, length ----------------------------------------------------------------------------------------
ENTROPY_FLOOR = 0.02
"""Nats per token below which sampling repeats itself whatever the start was."""
ENTROPY_HALF = 0.5
"""Where a training starts below twice that floor, half of its start is the floor: it was that sure before."""
ENTROPY_LEFT = 0.15
"""Share of the starting entropy that counts as exhausted. Most of it goes in any successful run, so a fall alone says
nothing; and a run whose reward still stands at its best has converged, not collapsed."""
STUCK_SHARE = 0.25
STUCK_LEAST = 20
STUCK_LOSS = 0.1
"""Share of the plan (and least logs) with exhausted entropy over which the mean reward lies a tenth below its best, beyond
noise, and does not rise: less than a collapse, but what was lost will not be found again without sampling."""
ENTROPY_EXPLOSION = 2.0
"""Multiple of the starting entropy that, with a falling reward, means the policy is dissolving."""
KL_LIMIT = 2.0
"""Nats per token away from the reference. At 2 the policy has little in common with the model it came from."""
KL_FAR = 2.0
"""Twice as far, and no gain to be seen, is not waited for."""
KL_BEYOND = 500.0
"""Times the limit, so 1000 nats per token: healthy trainings of tiny models were seen at 20 to 200 while they still
learnt. A rising reward is then no excuse for silence, as it may be paid for anything."""
KL_IDLE_SHARE = 0.25
KL_IDLE_LEAST = 20
"""Share of the plan, and least logs, over the limit without a gain beyond noise, after which so far a policy is stopped."""
KL_SEQUENCE_LIMIT = 100.0
"""The same where it is summed over an answer: half a nat for each of 200 tokens."""
LENGTH_FACTOR = 3.0
LENGTH_TOKENS = 4.0
CLIPPED_RISE = 0.25
CLIPPED_FLOOR = 0.30
"""Three times the length, or a quarter more answers cut off (and at least 30 %): the answer is no longer the point.
Of answers of one token, a few more are no blow-up."""
CLIPPED_MOST = 0.7
"""Share of answers cut off from which a rising reward is no excuse: it is paid to answers that were never finished."""

# --- sampler and trainer ----------------------------------------------------------------------------------------
LOGP_GAP = 0.2
"""Mean difference per token in nats. Two engines at the same weights differ by some hundredths; at 0.2 an answer of
fifty tokens is e to the tenth likelier in one than in the other, and its gradient belongs to another policy."""
RATIO_LOW, RATIO_HIGH = 0.5, 2.0
"""The mean ratio is 1 when sampler and trainer agree."""
RATIO_MIN, RATIO_MIN_START = 0.02, 0.1
"""The lowest ratio of a log is noisy, so it must have begun above a tenth and come to a fiftieth."""

# --- supervised -------------------------------------------------------------------------------------------------
DIVERGED_BEST = 1.5
"""Multiple of the best smoothed loss."""
DIVERGED_START = 1.1
"""Multiple of the starting loss: after the warm-up a loss above its start is not learning."""
DIVERGED_SHARE = 0.05
"""Least rise as a share of the starting loss, so that 0.001 becoming 0.002 stirs nobody."""
START_ERRORS = 3.0
"""And above it by three standard errors of the start, which is the mean of few logs."""
DIVERGED_FAR = 3.0
"""Multiple of the start from which a loss is not waited for even if it is coming down."""
UNLEARNT_ERRORS = 7.0
"""Standard errors above its best; the best itself is two or three below the truth by luck."""
LOST_PROGRESS = 0.7
"""Share of all that the loss had come down that must be lost again. Half of it is what harder rows cost."""
LOSS_HOLD = 5
LOSS_PATIENCE = 12
LOSS_RECOVERED = 0.75
LOSS_RECOVERING = 0.95
"""Above its start a supervised loss is given 5 logs. Below it, 12, and only while it stays near its peak and does not
come down: other rows than before make a loss jump and then fall again, which is learning."""
SHIFT_FACTOR = 2
"""A loss that stepped up and stays there is told after twice that patience, as a warning."""
TREND_LOGS = 60
TREND_LEAST = 8
TREND_ERRORS = 3.0
FALLING_ERRORS = 2.0
RISEN_ERRORS = 1.5
"""A stretch has a trend when its halves differ by three standard errors; where a trend excuses, less will do."""
OVERFIT_RISE = 0.05
OVERFIT_EVALS = 2
"""Evaluation loss 5 % over its minimum, twice running, while the training loss still falls."""
NORM_HOLD = 2
NORM_HOLD_START = 10
"""Logs of a gradient norm that is no number before it counts. The loss scaler of half precision skips single ones, and
at the start halves its scale some ten times before the first one fits."""
NULL_LOGS = 10
NULL_BEFORE = 10
NULL_DENSE = 0.9
"""Ten nulls running in a metric that nine lines in ten had before, ten at least: a sparse metric is null by habit."""
ZERO_NEAR = 0.02
ZERO_ROUNDED = 0.005
"""A loss that had come down to a fiftieth of its start, or to half a hundredth, may round to zero in truth."""
MASKED_LOSS_LOGS = 2
"""A supervised loss of exactly zero, twice: the logger hides NaN, or every label is masked."""

# --- both -------------------------------------------------------------------------------------------------------
SPIKE_Z = 12.0
SPIKE_RATIO = 6.0
SPIKE_WINDOW = 32
SPIKE_LOGS = 10
SPIKE_COUNT = 3
"""Robust z and multiple of the median gradient norm, three times within a window. Clipped gradients make a single jump
harmless, and healthy supervised runs have one each; a hail of them is an unstable optimiser. A norm that stays up is
no spike: the rows have changed."""
SPIKE_FAR = 30.0
"""Times the median, and times the start, of a gradient that needs no shaken loss to count: a hard row has a large loss
with its large gradient, and thirty times the gradient at an ordinary loss is an error in how it was made."""
LOSS_JUMP = 3.0
LOSS_JUMP_Z = 8.0
"""One loss three times the median before it, above its start, and eight robust deviations away on the scale of logs."""
PLATEAU_FROM = 0.8
PLATEAU_PART = 0.3
PLATEAU_ERRORS = 1.0
PLATEAU_LOGS = 20
"""From four fifths of the way on: the last three tenths are no better than the first three by a standard error. A
run that rose and then levelled off has converged, and is left alone."""
PLATEAU_WORSE = 1.3
"""Times its start from which a loss is no plateau: it has gone up, which other rules tell."""
PLATEAU_CEILING = 0.95
"""From here standing still is having arrived."""
DEAD_LR = 1e-12
"""No optimiser in use moves a weight at this rate; schedules that decay end above it or at zero."""
DEAD_LR_LOGS = 5
DEAD_LR_UNTIL = 0.9
"""A schedule may start and end at zero; five logs of zero before nine tenths of the way are a fault."""
TINY_LR_SHARE = 1e-4
TINY_LR_LOGS = 0.05
"""A ten-thousandth of the highest rate for a twentieth of the plan. A cosine comes that low for the last 0.6 % of each of
its cycles, a straight line for the last 0.01 %."""
KINK_LOGS = 16
KINK_EVEN = 0.8
KINK_STILL = 0.15
KINK_SHARE = 0.25
"""Sixteen logs whose later part fell at least four fifths as much as the earlier, then a quarter of the plan (or twice as
many logs) whose halves differ by less than 15 % of that fall. A loss that nears its level slows down first; one that
stops dead has weights that are no longer trained."""
STALL_SECONDS = 120.0
STALL_STEPS = 5.0
"""Silence longer than two minutes and than five median steps: saving and compiling take less."""
STALL_GAP_SECONDS = 10.0
STALL_GAP_STEPS = 20.0
STALL_WINDOW = 50
STALL_LOGS = 5
"""In a recorded stream: twenty times the median step, at least ten seconds, and twice the slowest step before, so that
a checkpoint or an evaluation that comes again and again is told once at most. It warns: the training went on."""
MEMORY_FULL = 0.95
MEMORY_RISE = 0.005
MEMORY_LOGS = 40
MEMORY_ABSURD = 1.2
"""Nineteen twentieths full and still half a point higher than forty logs ago. An allocator at rest on a high level
does not rise."""

# --- pairs ------------------------------------------------------------------------------------------------------
DISPLACED_WARN = 0.25
DISPLACED_STOP = 0.5
DISPLACED_NATS = 3.0
DISPLACED_PRICE = 0.5
DISPLACED_ERRORS = 2.0
"""Share of their log-probability that the better answers lose, at least three nats, and at least half as much (in
reward) as the margin gains. Healthy trainings on pairs lose some percent and gain several times that; where half is
gone, and more than the margin gained, the model no longer writes what it was shown as good."""
SEPARATED = 0.95
SEPARATED_STEPS = 50
SEPARATED_SHARE = 0.25
SEPARATED_LOGS = 10
"""Nearly all pairs told apart in ten logs running among the first steps: a log of two pairs is right by chance."""

# --- other runs -------------------------------------------------------------------------------------------------
CLONE_LOGS = 20
CLONE_VALUES = 5
"""Twenty logs that agree to the last digit, of at least five different values: no two trainings do that by chance."""

# --- diagnosis --------------------------------------------------------------------------------------------------
LR_DEPARTURE = 3.0
"""A learning rate this many times the one known to work is suspicious by itself."""
EARLY_SHARE = 0.3
EARLY_STEPS = 20
"""A sickness in the first three tenths, or within 20 updates, is a matter of settings; later ones build up."""
GRADIENT_DEAD = 0.05
"""Share of the starting gradient norm at which the optimiser has nothing left to do."""
MANY_EPOCHS = 2.0
"""After two passes a row is no longer new."""
LENGTH_TIE = 0.8
"""Correlation of reward and length from which one may be the other."""
MIN_SCORE = 0.5
"""Below half of the rules that apply, a cause is not named: unknown is the honest word."""

# --- ablation ---------------------------------------------------------------------------------------------------
ARM_DONE = 0.9
"""Share of its planned steps an arm must have run before its health counts."""
ARM_TAIL = 0.2
"""The arm's end: mean over its last fifth."""
ARM_NOISE = 3.0
"""Standard errors by which the end may lie under the start before the arm counts as having lost something."""
ARM_TIE = 0.02
ARM_TIE_SHARE = 0.1
"""Gains closer than two points, or a tenth of the larger, are one gain: single seeds of one arm differ by more."""
