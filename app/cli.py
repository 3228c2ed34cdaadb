"""The command line. Only signatures stand here: what a command does is imported when it is called."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app import interrupt
from state.errors import PostgradError

if TYPE_CHECKING:
    from app.commands.begin import Asked
    from app.minds import Minds

cli = typer.Typer(
    name="postgrad", add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="An ML research agent whose research is a state machine that a person can see, stop, resume and trust.",
)  # fmt: skip

Run = Annotated[str, typer.Argument(metavar="RUN", help="Name of a run; see: postgrad runs")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")]
Task = Annotated[str | None, typer.Argument(metavar="TASK", help="What to find out or to improve, in a sentence.")]
Study = Annotated[str | None, typer.Argument(metavar="NAME", help="A bundled study; without it they are listed.")]
BriefFile = Annotated[Path | None, typer.Option(metavar="FILE", help="A brief: YAML or JSON.")]
Name = Annotated[str | None, typer.Option(help="Name of the run; made from the task if not given.")]
StudyName = Annotated[str | None, typer.Option(help="Name of the run; the study's own if not given.")]
Effort = Annotated[str | None, typer.Option(metavar="quick|standard|deep", help="How much to try.")]
Time = Annotated[str | None, typer.Option(metavar="30m", help="Working time at most: 90s, 30m, 2h.")]
Budget = Annotated[float | None, typer.Option(metavar="DOLLARS", help="Money at most.")]
Seed = Annotated[int | None, typer.Option(help="The root seed; every other is derived from it.")]
Approve = Annotated[
    str | None,
    typer.Option(metavar="ask|auto|deny|GATE=POLICY,...", help="Who answers at benchmark, data, spend, publication."),
]
Model = Annotated[str | None, typer.Option(metavar="ID", help="The mind at the helm; the playbook decides if none.")]
Role = Annotated[
    list[str] | None, typer.Option("--role", metavar="ROLE=ID", help="Another mind for reading, coding or judging.")
]
Fallback = Annotated[
    list[str] | None, typer.Option("--fallback", metavar="ID", help="Asked when the model does not answer.")
]
BaseUrl = Annotated[
    str | None, typer.Option("--base-url", metavar="URL", help="Where the model is served, in OpenAI's protocol.")
]
Price = Annotated[
    list[str] | None,
    typer.Option("--model-price", metavar="IN/OUT", help="Dollars per million tokens, or free; ID=IN/OUT for another."),
]
Cache = Annotated[bool, typer.Option("--cache-answers", help="Pay for no question that any run has asked before.")]
NoProbe = Annotated[bool, typer.Option("--no-probe", help="Do not ask the model one small question first.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key of the brief: start.learning_rate=3e-4"),
]


class Judged(SystemExit):
    """The end of a command whose answer is a verdict: there 1 means a bad one, and is passed on as it is."""


def _version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        try:
            found = metadata.version("postgrad")
        except metadata.PackageNotFoundError:
            found = "from a source tree that is not installed"
        sys.stdout.write(f"postgrad {found}\n")
        raise typer.Exit


@cli.callback()
def top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def _asked(overrides: list[str] | None, *said: Any) -> Asked:
    """The options that `run` and `study` share, in the order of `Asked`."""
    from app.commands.begin import Asked

    return Asked(tuple(overrides or ()), *said)


def _minds(
    model: str | None, role: list[str] | None, fallback: list[str] | None, base_url: str | None,
    prices: list[str] | None, cache_answers: bool, no_probe: bool,
) -> Minds:  # fmt: skip
    """The options about models that `run`, `study` and `resume` share."""
    from app.minds import Minds

    return Minds(
        model, tuple(role or ()), tuple(fallback or ()), base_url, tuple(prices or ()), cache_answers, not no_probe
    )


@cli.command()
def run(
    task: Task = None, brief: BriefFile = None,
    name: Name = None, effort: Effort = None, time: Time = None, budget: Budget = None, seed: Seed = None,
    approve: Approve = None, model: Model = None, role: Role = None, fallback: Fallback = None, base_url: BaseUrl = None,
    model_price: Price = None, cache_answers: Cache = False, no_probe: NoProbe = False,
    overrides: Set = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Begin a run and work on it until it ends or waits."""
    from app.commands import begin

    minds = _minds(model, role, fallback, base_url, model_price, cache_answers, no_probe)
    raise typer.Exit(
        begin.run(task, brief, _asked(overrides, name, effort, time, budget, seed, approve, minds, as_json))
    )


@cli.command()
def study(
    study_name: Study = None,
    name: StudyName = None, effort: Effort = None, time: Time = None, budget: Budget = None, seed: Seed = None,
    approve: Approve = None, model: Model = None, role: Role = None, fallback: Fallback = None, base_url: BaseUrl = None,
    model_price: Price = None, cache_answers: Cache = False, no_probe: NoProbe = False,
    overrides: Set = None, as_json: Json = False,
) -> None:  # fmt: skip
    """List the bundled studies, or run one."""
    from app.commands import begin

    minds = _minds(model, role, fallback, base_url, model_price, cache_answers, no_probe)
    raise typer.Exit(
        begin.study(study_name, _asked(overrides, name, effort, time, budget, seed, approve, minds, as_json))
    )


@cli.command()
def resume(
    run: Run,
    approve: Annotated[str | None, typer.Option(metavar="ID", help="Say yes to what waits under this id.")] = None,
    reject: Annotated[str | None, typer.Option(metavar="ID", help="Say no.")] = None,
    why: Annotated[str | None, typer.Option(metavar="TEXT", help="Why not.")] = None,
    edit: Annotated[
        tuple[str, Path] | None,
        typer.Option(metavar="ID FILE", help="Say yes to something else: what was asked, changed, as JSON."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="ID", help="Another mind at the helm from here on, until the next resume.")
    ] = None,
    role: Role = None, fallback: Fallback = None, base_url: BaseUrl = None, model_price: Price = None,
    cache_answers: Cache = False, no_probe: NoProbe = False, as_json: Json = False,
) -> None:  # fmt: skip
    """Go on with a run, with or without an answer to what it asks."""
    from app.commands import answer

    minds = _minds(model, role, fallback, base_url, model_price, cache_answers, no_probe)
    raise typer.Exit(answer.resume(run, approve, reject, why, edit, minds, as_json))


@cli.command()
def runs(as_json: Json = False) -> None:
    """List the runs."""
    from app.commands import look

    raise typer.Exit(look.runs(as_json))


@cli.command()
def show(run: Run, as_json: Json = False) -> None:
    """How a run stands."""
    from app.commands import look

    raise typer.Exit(look.show(run, as_json))


@cli.command()
def watch(run: Run, as_json: Json = False) -> None:
    """Look on while a run works."""
    from app.commands import look

    try:
        interrupt.raise_instead()
        raise typer.Exit(look.watch(run, as_json))
    except KeyboardInterrupt:
        interrupt.leave()


@cli.command()
def tell(run: Run, words: Annotated[str, typer.Argument(metavar="TEXT")], as_json: Json = False) -> None:
    """Say something that its next decision reads."""
    from app.commands import answer

    raise typer.Exit(answer.tell(run, words, as_json))


@cli.command()
def stop(
    run: Run,
    why: Annotated[str | None, typer.Option(metavar="TEXT", help="Why; it stands in the report.")] = None,
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long to wait for a process that holds the run.")
    ] = 120,
    as_json: Json = False,
) -> None:
    """End a run with a report, also when it waits."""
    from app.commands import answer

    raise typer.Exit(answer.stop(run, why, wait, as_json))


@cli.command()
def fork(
    run: Run, at: Annotated[str, typer.Option("--at", metavar="STAGE", help="The stage it last stood before.")],
    name: Name = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Make a new run from a moment of another."""
    from app.commands import keep

    raise typer.Exit(keep.fork(run, at, name, as_json))


@cli.command()
def compare(run: Run, other: Annotated[str, typer.Argument(metavar="RUN")], as_json: Json = False) -> None:
    """Two runs side by side."""
    from app.commands import look

    raise typer.Exit(look.compare(run, other, as_json))


@cli.command()
def report(run: Run, as_json: Json = False) -> None:
    """Where the report is, and what it says."""
    from app.commands import look

    raise typer.Exit(look.report(run, as_json))


@cli.command()
def audit(
    train: Annotated[str, typer.Argument(
        metavar="TRAIN", help="csv, tsv, json, jsonl, parquet, arrow, a saved data set FOLDER[:split], or a Hub id.")],
    test: Annotated[str, typer.Argument(metavar="TEST", help="The rows that a score is to be measured on.")],
    text: Annotated[list[str] | None, typer.Option(metavar="COL", help="Text that is asked; guessed if not named.")] = None,
    label: Annotated[str | None, typer.Option(metavar="COL", help="The answer.")] = None,
    id: Annotated[str | None, typer.Option(metavar="COL", help="What only names a row.")] = None,
    group: Annotated[str | None, typer.Option(metavar="COL", help="Whose row it is: patient, user, site.")] = None,
    time: Annotated[str | None, typer.Option(metavar="COL", help="When it was taken.")] = None,
    script: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Code that splits, fits or trains.")] = None,
    benchmark: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Rows that train must not hold either.")
    ] = None,
    fix: Annotated[Path | None, typer.Option(metavar="OUT", help="Write a repaired split to this new folder.")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Whether a split of data is fit to train and test on: copies, leaks, conflicts; columns are guessed and told.

    Exits 0 clean or suspect, 1 leaking, 2 unreadable.
    """
    from app.commands import audit as module

    named = {"text": text, "label": label, "id": id, "group": group, "time": time}
    told = {role: module.names(said) for role, said in named.items()}
    asked = module.Asked(train, test, told, tuple(script or ()), tuple(benchmark or ()), fix, as_json)
    raise Judged(module.audit(asked))


@cli.command()
def diagnose(
    metrics: Annotated[Path, typer.Argument(
        metavar="METRICS", help="jsonl, trainer_state.json, CSV, a folder with one, or a trackio project.")],
    steps: Annotated[int | None, typer.Option(metavar="N", help="Steps planned, if the file does not say.")] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="The training's settings, as JSON.")] = None,
    against: Annotated[
        list[Path] | None, typer.Option(metavar="OTHER", help="Another run's metrics; an equal curve is told.")
    ] = None,
    log: Annotated[Path | None, typer.Option(metavar="FILE", help="The training's log.")] = None,
    run: Annotated[str | None, typer.Option(metavar="NAME", help="Which run of a trackio project.")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """What the metrics of a training say about its health, and what to try.

    Exits 0 healthy or warn, 1 stop, 2 unreadable.
    """
    from app.commands import diagnose as module

    asked = module.Asked(metrics, steps, config, tuple(against or ()), log, run)
    raise Judged(module.diagnosed(asked, as_json))


@cli.command()
def smell(
    predictions: Annotated[Path, typer.Argument(metavar="PREDICTIONS", help="jsonl or csv with a column `prediction`.")],
    answers: Annotated[Path, typer.Argument(
        metavar="ANSWERS", help="jsonl or csv with a column `answer`; joined by `id` where both have it.")],
    train: Annotated[Path | None, typer.Option(
        metavar="FILE", help="Training rows with their answers: the commonest answer, conflicts among labels.")] = None,
    claimed: Annotated[str | None, typer.Option(metavar="VALUE", help="The value reported: 0.94 or 94%.")] = None,
    metric: Annotated[str | None, typer.Option(metavar="NAME", help="Guessed if not named.")] = None,
    others: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Predictions of another result.")] = None,
    ceiling: Annotated[str | None, typer.Option(metavar="VALUE", help="What no honest result can beat.")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Whether a result holds, from its predictions and the answers alone.

    Exits 0 pass or suspect, 1 fail, 2 unreadable.
    """
    from app.commands import smell as module

    asked = module.Asked(predictions, answers, train, claimed, metric, tuple(others or ()), ceiling)
    raise Judged(module.smell(asked, as_json))


@cli.command()
def graph(as_json: Json = False) -> None:
    """The map of the research as Mermaid."""
    from app.commands import look

    raise typer.Exit(look.graph(as_json))


@cli.command()
def rm(run: Run, as_json: Json = False) -> None:
    """Delete a run: its folder and its checkpoints."""
    from app.commands import keep

    raise typer.Exit(keep.rm(run, as_json))


@cli.command()
def gc(as_json: Json = False) -> None:
    """Make room: old checkpoints, what kills left behind."""
    from app.commands import keep

    raise typer.Exit(keep.gc(as_json))


@cli.command()
def mcp(
    http: Annotated[
        int | None, typer.Option(metavar="PORT", help="Over HTTP on this machine's loopback, not stdin and stdout.")
    ] = None,
) -> None:
    """Offer the tools that read and check to another program, over MCP."""
    from app.commands import mcp as module

    raise typer.Exit(module.mcp(http))


@cli.command()
def doctor(
    model: Annotated[str | None, typer.Option(metavar="ID", help="Ask this model one small question, too.")] = None,
    base_url: BaseUrl = None, model_price: Price = None, as_json: Json = False,
) -> None:  # fmt: skip
    """What is there, what is missing, and what to do.

    Exits 2 when something that every run needs (python, home, checkpoints, config), or the model that was named, is
    broken, else 0: an extra, a GPU, a key or a network that is missing is told and is no failure.
    """
    from app.commands import doctor as module

    minds = _minds(model, None, None, base_url, model_price, False, False)
    raise typer.Exit(module.doctor(minds, as_json))


def main() -> None:
    """The entry point: what goes wrong is one line on stderr, the traceback is for the log."""
    try:
        cli()
    except PostgradError as wrong:
        from app.trouble import told

        sys.exit(told(wrong))
    except Judged:
        raise
    except SystemExit as end:
        # click's 1 means that whoever read the help has gone (`| head`), which is no failure; we never end with 1
        sys.exit(0 if end.code == 1 else end.code)
    except Exception as wrong:  # noqa: BLE001  the last door: whatever it is, a person gets one line and the log gets all
        from app.trouble import broke

        sys.exit(broke(wrong))


if __name__ == "__main__":
    main()
