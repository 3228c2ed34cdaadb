"""Every edge back is bounded. A bound that is hit leads to the report with the reason."""

from __future__ import annotations

BOUNDS: dict[str, int] = {
    # edge: how often it may be taken in one run
    "approve_benchmark→intake": 3,  # three proposals how to measure; then the person should write the brief
    "approve_data→curation": 3,
    "audit→curation": 3,  # drop duplicates, split by group, split by time: one try each
    "rehearsal→implementation": 4,  # smaller batch, checkpointing, a mended config, once more
    "rehearsal→planning": 2,
    "approve_launch→planning": 3,
    "approve_launch→rehearsal": 8,  # a person may edit often; each edit is rehearsed
    "launch→planning": 1,  # DESIGN: once, then report
    "monitoring→approve_launch": 6,  # lost machines; an attempt each
    "monitoring→diagnosis": 12,
    "diagnosis→ablation": 4,
    "diagnosis→implementation": 4,
    "diagnosis→curation": 2,
    "diagnosis→literature": 2,
    "diagnosis→approve_launch": 4,
    "diagnosis→launch": 4,
    "ablation→implementation": 4,  # as often as a diagnosis may ask for arms
    "ablation→diagnosis": 2,
    "ablation→planning": 6,
    "evaluation→implementation": 2,
    "evaluation→diagnosis": 2,
    "evaluation→audit": 1,
    "verdict→planning": 40,  # batches are bounded by effort; this only stops a loop nobody foresaw
    "verdict→literature": 2,
    "monitoring→monitoring": 20_000,  # bounded waits of up to a minute: about two weeks
}
