"""Settings against what the recipe knows."""

from __future__ import annotations

from lab.checks import thresholds as t
from lab.checks.evidence import Evidence
from lab.checks.said import SILENT, Said, opposite


def learning_rate_departs(ev: Evidence) -> Said:
    """The learning rate lies far above the one known to work."""
    rate, good, high = ev.setting("learning_rate"), ev.known("learning_rate"), ev.known("learning_rate", "high")
    if rate is None or not good:
        return SILENT
    limit = high or t.LR_DEPARTURE * good
    fired = rate >= limit
    return Said(fired, f"the learning rate is {rate:g}, {rate / good:.3g} times the {good:g} known to work")


def learning_rate_ordinary(ev: Evidence) -> Said:
    """The learning rate does not explain it."""
    return opposite(learning_rate_departs(ev))


def learning_rate_nothing(ev: Evidence) -> Said:
    """The learning rate is zero, or far below the one known to work."""
    rate, good = ev.setting("learning_rate"), ev.known("learning_rate")
    if "dead_lr" in ev.kinds:
        return Said(True, "the learning rate logged is zero")
    if rate is None or not good:
        return SILENT
    return Said(rate * 10 <= good, f"the learning rate is {rate:g}; {good:g} is known to work")


def no_kl_term(ev: Evidence) -> Said:
    """Nothing ties the policy to where it started."""
    beta = ev.setting("beta")
    return SILENT if beta is None else Said(beta == 0, f"beta, the weight of the KL to the start, is {beta:g}")


def no_entropy_term(ev: Evidence) -> Said:
    """Nothing pays for keeping alternatives open."""
    weight = ev.setting("entropy_coef")
    return SILENT if weight is None else Said(weight == 0, f"the weight of the entropy bonus is {weight:g}")


def group_below_known(ev: Evidence) -> Said:
    """The group is smaller than the one known to work."""
    group, good = ev.setting("num_generations"), ev.known("num_generations")
    if group is None or not good:
        return SILENT
    return Said(group < good, f"{group:g} answers per question; {good:g} are known to work")


def group_expected_silent(ev: Evidence) -> Said:
    """At the rate of success seen, a group this small mostly agrees with itself, and a usual one would not."""
    group, good = ev.setting("num_generations"), ev.known("num_generations") or 8
    share = ev.true if len(ev.true) else ev.series("reward")
    if group is None or not len(share) or not 0 <= share.start <= 1:
        return SILENT
    now, usual = silent_share(share.start, int(group)), silent_share(share.start, int(good))
    says = (
        f"at a success rate of {share.start:.2f} a group of {group:g} agrees with itself in {now:.0%} of cases,"
        f" one of {good:g} in {usual:.0%}"
    )
    return Said(now >= 0.5 and now - usual > 0.1, says)


def silent_share(p: float, group: int) -> float:
    """Share of groups without spread when each answer is right with probability p: all right, or all wrong."""
    return float(p**group + (1 - p) ** group)


def warm_start_short(ev: Evidence) -> Said:
    """The supervised start is shorter than the one known to work."""
    steps, good = ev.setting("supervised_steps"), ev.known("supervised_steps")
    if steps is None or not good:
        return SILENT
    return Said(steps < 0.7 * good, f"{steps:g} supervised steps before; {good:g} are known to give a start")


def reward_departs(ev: Evidence) -> Said:
    """The reward is not the one known to stand for the goal."""
    reward, good = ev.config.get("reward"), ev.known("reward")
    return SILENT if reward is None or good is None else Said(reward != good, f"the reward is {reward}, not {good}")


def off_policy_steps(ev: Evidence) -> Said:
    """Samples are used more than once."""
    reuse = [ev.setting(name) for name in ("num_iterations", "steps_per_generation")]
    known = [r for r in reuse if r is not None]
    return Said(max(known) > 1, f"each sample is used {max(known):g} times") if known else SILENT


def gradients_unclipped(ev: Evidence) -> Said:
    """Nothing bounds a single update."""
    norm = ev.setting("max_grad_norm")
    return SILENT if norm is None else Said(norm == 0 or norm > 10, f"gradients are clipped at {norm:g}")


def settings_ordinary(ev: Evidence) -> Said:
    """Every setting lies where the recipe has known it to work."""
    odd = [name for name in ev.facts if name in ev.config and _odd(ev, name)]
    return Said(not odd, f"settings off the recipe: {', '.join(odd) or 'none'}") if ev.facts else SILENT


def _odd(ev: Evidence, name: str) -> bool:
    """Outside the range known to work; where no range is known, another word than the one known."""
    value, low, high = ev.setting(name), ev.known(name, "low"), ev.known(name, "high")
    if value is None:
        good = ev.known(name)
        return isinstance(good, str) and ev.config[name] != good
    return (low is not None and value < low) or (high is not None and value > high)
