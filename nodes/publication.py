"""publication: pushes the finalist's model with its card to the Hub, after a person's yes."""

from __future__ import annotations

import os

from lab.ledger.files import write_atomic
from nodes.desk import Desk
from nodes.folders import strange_in
from state.errors import EnvironmentTrouble
from state.notebook import Notebook, Update
from state.products import Decision, Publication


def token() -> str | None:
    return os.environ.get("HF_TOKEN")


def publication(state: Notebook, desk: Desk) -> Update:
    decision = Decision.model_validate(state["decisions"]["publication"])
    name, repo = str(decision.args["experiment"]), str(decision.args["repo"])
    if name not in state["examination"]["finalist"]:
        return {
            "publication": Publication(
                done=False, repo=repo, why=f"{name} was not examined, so it is not published"
            ).to_json()
        }
    folder = desk.experiment(name) / "model"
    if strange := strange_in(folder):
        why = f"{strange} is no plain file, so nothing is published: what it leads to may be anybody's"
        return {"publication": Publication(done=False, repo=repo, why=why).to_json()}
    write_atomic(folder / "README.md", card(state, name))
    url = _push(desk, str(folder), repo, bool(decision.args.get("private", True)))
    return {"publication": Publication(done=True, repo=repo, url=url, why=f"published as {repo}").to_json()}


def _push(desk: Desk, folder: str, repo: str, private: bool) -> str:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    api = HfApi(endpoint=os.environ.get("HF_ENDPOINT"), token=token())
    try:
        made = api.create_repo(repo, private=private, exist_ok=True)
        api.upload_folder(folder_path=folder, repo_id=made.repo_id, commit_message=f"postgrad run {desk.run}")
    except (HfHubHTTPError, OSError) as wrong:
        said = str(wrong).strip().splitlines()[0]
        raise EnvironmentTrouble(
            f"the Hub did not take {repo}: {said}; see HF_TOKEN and the network, then: postgrad resume {desk.run}"
        ) from wrong
    return str(made)


def card(state: Notebook, name: str) -> str:
    """The model card, every number computed: what, from which data, how good, how sure, how to run it again."""
    seen, data = state["examination"], state["card"]
    low, high = seen["score"]["interval"]
    gain_low, gain_high = seen["gain_interval"]
    lines = [
        "---", "library_name: transformers", "tags: [postgrad]", "---", "", f"# {state['run']}", "", state["goal"]["task"], "",
        f"* {seen['score']['metric']}: {seen['score']['value']:.4f} (95 % interval {low:.4f} to {high:.4f}) "
        f"on {seen['score']['n']} sealed rows, mean of {len(seen['finalist'])} seeds",
        f"* this model is {name}, with {seen['per_seed'][name]:.4f}",
        f"* baseline: {seen['baseline_score']['value']:.4f}; gain {seen['gain']:+.4f} ({gain_low:+.4f} to {gain_high:+.4f})",
        f"* data: {data['name']}, {data['rows']} rows, seal {data['seal']}; sealed answers looked at {seen['looks']} times",
        f"* reproduction: {state['reproduction']['result']} ({state['reproduction']['why']})",
        "* checks: " + ", ".join(f"{c['name']} {c['result']}" for c in seen["checks"]),
        f"* settings: `{state['best']['config']}`",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
