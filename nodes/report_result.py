"""The outcome, the number, what was asked, how far the number can be trusted, and what was not checked."""

from __future__ import annotations

from typing import Any

from nodes.report_blocks import Badge, Banner, Block, Code, Figure, Heading, Key, Listing, Para, Table, Text, Tone
from nodes.report_facts import Facts
from nodes.report_words import (
    NOTHING,
    TONE,
    clip,
    duration,
    gain_sentence,
    headline,
    meaning,
    number,
    plural,
    sentence,
    setting,
    signed,
    with_interval,
)  # fmt: skip

Json = dict[str, Any]
RESULT_TONE: dict[str, Tone] = {"PASS": "good", "SUSPECT": "warn", "FAIL": "bad", "NOT_RUN": "plain"}
ASKED = (
    ("data", "Data"), ("base_model", "Base model"), ("method", "Method"), ("metric", "Metric"),
    ("direction", "Direction"), ("target", "Target"), ("baseline", "Baseline stated"), ("claim", "Claim"),
    ("paper", "Paper"), ("effort", "Effort"), ("seeds", "Seeds"), ("seed", "Root seed"),
)  # fmt: skip
FEW_SEEDS = 3
MOST_SCORES = 6


def outcome(facts: Facts) -> list[Block]:
    word = facts.record.get("outcome")
    if not word:
        state = facts.record.get("status") or "not finished"
        return [Banner("This run has no outcome yet.", f"It is {state}; the report shows how far it has come.", "warn")]
    reason = str(facts.record.get("reason") or "No reason was recorded.")
    suspects = [c for c in facts.checks() if c.get("result") == "SUSPECT"]
    for check in suspects:  # said below in a line of its own
        reason = reason.replace(f"; suspect, {check.get('name')}: {check.get('why')}", "")
    tone: Tone = TONE.get(word, "plain")  # type: ignore[assignment]
    tone = "warn" if suspects and tone == "good" else tone
    blocks: list[Block] = [Banner(headline(word, facts.goal.get("target")), sentence(reason), tone)]
    blocks += [Para((Badge("SUSPECT", "warn"), f" {_name(c)}: {clip(c.get('why') or '')}{_of(c)}.")) for c in suspects]
    said = meaning(word, facts.product("examination"))
    blocks += [Para(said)] if said else []
    stops = int(facts.record.get("interruptions") or 0)
    if stops:
        blocks.append(Para(f"The agent was interrupted {plural(stops, 'time')} and went on.", note=True))
    return blocks


def _name(check: Json) -> str:
    return clip(check.get("name") or "", 80).replace("_", " ")


def _of(check: Json) -> str:
    return f" (experiment {check['experiment']})" if check.get("experiment") else ""


def _warnings(facts: Facts) -> list[Block]:
    """What the audit of the data warned of belongs beside the number."""
    found = facts.warnings()
    if not found:
        return []
    items: list[Text] = [f"{str(f.get('kind')).replace('_', ' ')}: {clip(f.get('why') or '')}" for f in found]
    return [Para("The audit of the data warned:"), Listing(items)]


def result(facts: Facts, figure: Figure | None) -> list[Block]:
    """The number with all that belongs to it, or why there is none."""
    examination = facts.product("examination")
    if examination:
        return [*_examined(facts, examination), *_warnings(facts), *([figure] if figure else [])]
    metric = facts.record.get("metric") or {}
    if metric.get("value") is None:
        return [Para(_no_number(facts)), *_warnings(facts)]
    value = with_interval(metric["value"], metric.get("interval"))
    label = f"{metric.get('name') or 'score'} on validation rows, not examined"
    rows = [("rows", setting(metric.get("n"))), ("baseline", number(metric.get("baseline")))]
    warning = (
        "The seal was never opened. A validation score guided the search and is therefore optimistic; it is no result."
    )
    return [Key(value, label, rows), Para(warning), *_warnings(facts), *([figure] if figure else [])]


def _no_number(facts: Facts) -> str:
    """Nothing was scored, or only what is no finalist: these differ."""
    scored = [e for e in facts.experiments if e.get("metric") is not None]
    if not scored:
        return "No experiment was scored, so this report claims no number."
    told = ", ".join(f"{e['id']} {number(e['metric'])}" for e in scored[:MOST_SCORES])
    more = f" and {len(scored) - MOST_SCORES} more" if len(scored) > MOST_SCORES else ""
    only = all(e.get("purpose") == "baseline" for e in scored)
    whose = "Only baselines were scored" if only else "No experiment became a finalist; scored were"
    return f"{whose} (validation rows): {told}{more}. The seal was never opened, so this report claims no number."


def _examined(facts: Facts, examination: Json) -> list[Block]:
    score, base = examination["score"], examination["baseline_score"]
    gain = with_interval(examination["gain"], examination["gain_interval"], difference=True)
    target = facts.goal.get("target")
    rows = [
        ("baseline", with_interval(base["value"], base["interval"])),
        ("gain over the baseline", gain),
        ("target", number(target) if target is not None else "none was set"),
        ("sealed rows", setting(score["n"])),
        ("seeds", f"{len(examination['per_seed'])} against {len(examination['baseline_per_seed'])} of the baseline"),
        ("looks at the sealed rows", setting(examination["looks"])),
    ]
    if score.get("unparsed"):
        rows.append(("answers that could not be read", f"{score['unparsed']} (counted as wrong)"))
    label = f"{score['metric']} on sealed rows ({score['direction']})"
    guard = (
        "Training ran in a sandbox that kept the sealed rows out of its reach."
        if examination["protected"]
        else "The sandbox of this machine could not keep the sealed rows out of reach: the score is marked unprotected."
    )
    return [
        Key(with_interval(score["value"], score["interval"]), label, rows),
        Para(f"{gain_sentence(examination)} Brackets are 95 % intervals. {sentence(examination['method'])}"),
        Para(guard),
        *_per_seed(examination),
    ]


def _per_seed(examination: Json) -> list[Block]:
    ours, theirs = examination["per_seed"], examination["baseline_per_seed"]
    if not ours:
        return []
    rows: list[list[Text]] = [["finalist", Code(name), number(value)] for name, value in ours.items()]
    rows += [["baseline", Code(name), number(value)] for name, value in theirs.items()]
    return [Table(("", "experiment", "score"), rows, numeric=(2,))]


def asked(facts: Facts) -> list[Block]:
    goal = facts.goal
    rows: list[list[Text]] = [["Task", clip(goal.get("task") or facts.record.get("task") or "not recorded", 1200)]]
    rows += [[label, clip(setting(goal[key]))] for key, label in ASKED if goal.get(key) not in (None, "", {}, [])]
    if goal.get("start"):
        rows.append(["Start, as the person set it", clip(setting(goal["start"]))])
    limits = {k: v for k, v in (goal.get("limits") or {}).items() if v is not None}
    names = {"time": "working time", "budget": "budget", "job_time": "time of one job"}
    rows += [[f"Limit: {names.get(key, key)}", _limit(key, value)] for key, value in limits.items()]
    told = [clip(r.get("text") or "") for r in facts.said("tell")] or [clip(n) for n in facts.values.get("notes") or []]
    rows += [["Said during the run", text] for text in told if text]
    return [Heading("What was asked"), Table(("", ""), rows)]


def _limit(key: str, value: float) -> str:
    if key in ("time", "job_time"):
        return duration(value)
    return f"${value:.2f}" if key == "budget" else setting(value)


def integrity(facts: Facts) -> list[Block]:
    checks = facts.checks()
    head = Heading("Integrity checks")
    if not checks:
        audited = "What the audit of the data found is told under Data." if facts.values.get("audited") else ""
        return [head, Para(f"No check of a score was run: these are made when the seal is opened. {audited}".strip())]
    rows: list[list[Text]] = []
    for check in checks:
        said = str(check.get("result"))
        badge = Badge(said.replace("_", " "), RESULT_TONE.get(said, "plain"))
        rows.append([_name(check), badge, Code(str(check.get("experiment") or NOTHING)), clip(check.get("why") or "")])
    note = (
        "Each check is made on every seed of the finalist; the worst answer stands, with the experiment it came from."
    )
    table = Table(("check", "result", "experiment", "why"), rows)
    return [head, Para(note, note=True), table, *_controls(facts)]


CONTROLS = {
    "majority": "always the commonest training answer",
    "simplest_model": "the simplest model there is, trained on the same rows",
    "input_blind": "the finalist, asked the same for every row",
    "shuffled_labels": "the finalist's recipe on answers dealt out at random, for part of its steps",
    "train_rows": "the finalist on rows it was trained on",
}


def _controls(facts: Facts) -> list[Block]:
    """What those score who do not deserve it, run for real beside the finalist."""
    told = facts.product("examination").get("controls") or {}
    rows: list[list[Text]] = [
        [what, number(told[name].get("value")) if told[name].get("value") is not None else clip(told[name].get("why") or NOTHING)]
        for name, what in CONTROLS.items()
        if name in told
    ]  # fmt: skip
    return [Heading("Controls", 3), Table(("control", "score"), rows, numeric=(1,))] if rows else []


def not_checked(facts: Facts) -> list[Block]:
    """Everything a reader might take for granted and should not."""
    items = [*_unexamined(facts), *_unrun(facts), *_thin(facts), *_unsaid(facts)]
    return [Heading("What was not checked"), Listing(items)]


def _unexamined(facts: Facts) -> list[Text]:
    examination = facts.product("examination")
    if not examination:
        return [
            "The sealed rows: the run ended before the examination, so nothing was measured on rows nobody had seen."
        ]
    items: list[Text] = []
    if not examination["protected"]:
        items.append("That training never read the sealed rows: no sandbox of this machine could prevent it.")
    if examination["looks"] > 1:
        looks = f"The sealed rows were looked at {examination['looks']} times"
        items.append(f"{looks}; each look makes the interval a little too short.")
    return items


def _unrun(facts: Facts) -> list[Text]:
    items: list[Text] = [
        f"{str(c.get('name')).replace('_', ' ')}: not run; {clip(c.get('why') or 'no reason recorded')}"
        for c in facts.checks()
        if c.get("result") == "NOT_RUN"
    ]
    again = facts.product("reproduction")
    if not again:
        items.append("Reproduction: the finalist was not run a second time from its folder.")
    elif again.get("result") == "not_run":
        items.append(f"Reproduction: not run; {clip(again.get('why') or '')}")
    return items


def _thin(facts: Facts) -> list[Text]:
    items: list[Text] = []
    seeds = len(facts.product("examination").get("per_seed") or {})
    if 0 < seeds < FEW_SEEDS:
        items.append(f"The spread between seeds: {plural(seeds, 'seed')} can't show it.")
    if facts.goal.get("baseline") is not None and not facts.baselines:
        stated = number(facts.goal["baseline"])
        items.append(f"The baseline of {stated} was stated by the person and not measured here.")
    return items


def _unsaid(facts: Facts) -> list[Text]:
    silent = [s for s in facts.sources() if not s.get("answered")]
    items: list[Text] = [
        f"{clip(s.get('name') or 'a source', 80)} was not read: {clip(s.get('why') or 'no answer')}" for s in silent
    ]
    items.append("Whether the result holds on other data, at another scale or with another base model.")
    if facts.goal.get("base_model"):
        items.append("Whether the base model had met these rows in its own pretraining.")
    return items


def reproduction(facts: Facts) -> list[Block]:
    again = facts.product("reproduction")
    if not again:
        return []
    tone: dict[str, Tone] = {"identical": "good", "consistent": "good", "contradicted": "bad", "not_run": "plain"}
    word = str(again.get("result"))
    parts: list[str] = [sentence(again.get("why"))]
    if again.get("again") is not None:
        compared = f"On the validation rows {again.get('experiment') or 'it'} scored first"
        parts.insert(0, f"{compared} {number(again.get('original'))}, again {number(again['again'])}.")
    if again.get("tolerance") is not None and again.get("again") is not None:
        difference = (again.get("again") or 0) - (again.get("original") or 0)
        parts.insert(1, f"The difference is {signed(difference)}, with {number(again['tolerance'])} allowed.")
    badge = Badge(word.replace("_", " "), tone.get(word, "plain"))
    return [Heading("Run again from its folder alone"), Para((badge, " " + " ".join(p for p in parts if p)))]
