"""What is known of the classifier recipe: settings that work, their risks, what to try next."""

from __future__ import annotations

from lab.recipes.spec import SCRIPTS, Baseline, Knob, Parameter, RecipeSpec, Rung

CLASSIFIER = RecipeSpec(
    name="classifier",
    method="classifier",
    script=SCRIPTS / "classifier.py",
    fits=("classification",),
    needs=(),
    default={
        "seed": 0, "model": "logistic", "learning_rate": 0.02, "steps": 200, "batch_size": 64, "alpha": 1e-4,
        "hidden": 64, "trees": 200, "max_depth": None, "vocabulary": 20_000, "ngrams": 2, "holdout": 0.1,
        "checkpoint_every": 50,
    },
    parameters={
        "seed": Parameter(kind="int", low=0, high=2**32 - 1, meaning="of the inner cut, the order of rows and the weights"),
        "model": Parameter(
            kind="text", choices=("majority", "logistic", "sgd", "forest", "mlp"),
            meaning="what is fitted; sgd and mlp go step by step, the others at once",
        ),
        "learning_rate": Parameter(
            kind="float", low=1e-8, high=1e6, sane=(1e-4, 0.3), meaning="step size of sgd and mlp",
            risk="above, the loss jumps about or grows without end; below, it does not move",
        ),
        "steps": Parameter(kind="int", low=1, high=1_000_000, sane=(50, 5000), meaning="batches of sgd and mlp", risk="not done"),
        "batch_size": Parameter(kind="int", low=1, high=100_000, sane=(16, 1024), meaning="rows a batch", risk="noisy steps"),
        "alpha": Parameter(
            kind="float", low=1e-12, high=1e6, sane=(1e-6, 1e-1), meaning="strength of the L2 penalty",
            risk="above, every row is answered alike; below, rows are learnt by heart",
        ),
        "hidden": Parameter(kind="int", low=1, high=4096, sane=(8, 512), meaning="hidden units of mlp", risk="slow"),
        "trees": Parameter(kind="int", low=1, high=5000, sane=(100, 1000), meaning="trees of the forest", risk="few: unsteady"),
        "max_depth": Parameter(kind="int", low=1, high=1000, optional=True, meaning="depth of a tree; empty: to the end"),
        "vocabulary": Parameter(kind="int", low=10, high=1_000_000, meaning="most frequent terms kept of texts"),
        "ngrams": Parameter(kind="int", low=1, high=5, sane=(1, 3), meaning="longest run of words taken as a term", risk="slow"),
        "holdout": Parameter(
            kind="float", low=0, high=0.9, sane=(0.05, 0.3), meaning="part of the training rows kept to watch for overfitting",
            risk="little to watch, or little to learn from",
        ),
        "checkpoint_every": Parameter(kind="int", low=1, high=100_000, meaning="steps between checkpoints"),
    },
    baseline=Baseline(
        recipe="classifier", what="always the most frequent label", carried={"seed": "seed"}, fixed={"model": "majority"}
    ),
    ladder=(
        Rung(change={"model": "logistic"}, why="the linear model first: cheap, and hard to beat on texts"),
        Rung(change={"model": "forest"}, why="trees see what columns do together, and need no scaling"),
        Rung(change={"model": "mlp"}, why="a small network, if a straight line is not enough"),
        Rung(change={"alpha": 1e-3}, why="a stronger penalty, if the training rows are learnt by heart"),
        Rung(change={"alpha": 1e-5}, why="a weaker penalty, if even the training rows are not learnt"),
    ),
    arms=(
        Knob(key="learning_rate", to=0.02, why="the step size known to work"),
        Knob(key="alpha", to=1e-3, why="a stronger penalty holds the weights"),
        Knob(key="batch_size", times=4, why="larger batches give a steadier gradient"),
    ),
    arm_share=0.35,
    rehearsal={"steps": 5, "trees": 5, "checkpoint_every": 5},
    steps_key="steps",
    warmup_key=None,
    start_key=None,
    health_metric="loss",
    true_metric="inner/accuracy",
    memory_mb=2048,
    import_seconds=1.5,
    sources=("arxiv:1201.0490", "arxiv:2207.08815", "arxiv:1607.01759", "postgrad:recipe-tabular-ladder",
             "postgrad:recipe-text-tfidf-logistic"),
)  # fmt: skip
