"""Closed vocabularies: every word that a route, a product or a door may use."""

from typing import Literal

Stage = Literal[
    "intake", "approve_benchmark", "literature", "curation", "approve_data", "audit", "planning", "implementation",
    "rehearsal", "approve_launch", "launch", "monitoring", "diagnosis", "ablation", "evaluation", "verdict",
    "examination", "reproduction", "report", "approve_publication", "publication",
]  # fmt: skip

Gate = Literal["benchmark", "data", "spend", "publication"]
Policy = Literal["ask", "auto", "deny", "limits"]
"""`limits` is the default for spending: ask only for a price, a forecast over 30 minutes, or another machine."""

Answer = Literal["approve", "reject", "edit"]
Effort = Literal["quick", "standard", "deep"]
SourceName = Literal["library", "arxiv", "hf", "semantic"]
"""Where papers are looked for; `library` is the bundled one and needs no network."""
Direction = Literal["maximize", "minimize"]
Purpose = Literal["baseline", "trial", "arms", "seeds"]
Severity = Literal["stop", "warn"]
CheckResult = Literal["PASS", "SUSPECT", "FAIL", "NOT_RUN"]
Split = Literal["train", "validation", "sealed"]
Status = Literal["running", "paused", "waiting", "done", "stopped", "failed"]

SignalKind = Literal[
    "nan", "divergence", "spike", "plateau", "overfit", "stall", "zero_signal", "weak_signal", "reward_collapse",
    "entropy_collapse", "entropy_explosion", "kl_blowup", "length_blowup", "reward_hacking", "out_of_memory", "crash", "dead_lr",
    "infer_mismatch", "likelihood_displacement", "cloned_curve",
]  # fmt: skip

Family = Literal["dynamics", "code", "data", "idea", "infrastructure", "false_alarm", "unknown"]

Outcome = Literal[
    "target_met", "target_missed", "claim_supported", "claim_contradicted", "inconclusive", "integrity_failure",
    "out_of_budget", "stopped", "failed",
]  # fmt: skip

EXIT_CODE: dict[Outcome, int] = {
    "target_met": 0, "claim_supported": 0, "claim_contradicted": 0, "target_missed": 3, "inconclusive": 3,
    "out_of_budget": 5, "failed": 6, "integrity_failure": 6, "stopped": 7,
}  # fmt: skip
EXIT_WAITING = 4
EXIT_PAUSED = 7
EXIT_USAGE = 2
EXIT_BUSY = 8
