"""A process that reaches for sealed answers is ended then and there, in the sandbox and out of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from real_jobs import Experiment, until

from lab.compute.local import LocalEngine
from lab.compute.run_template import SEALED_OPENED
from lab.compute.sandbox import SandboxLevel
from nodes.desk import refuse_void
from state.errors import IntegrityBroken

ANSWERS = "../../sealed/sealed_answers.jsonl"
WAYS = {
    "open": f"open({ANSWERS!r}).read()",
    "path": f"from pathlib import Path; Path({ANSWERS!r}).read_text()",
    "descriptor": f"import os; os.open({ANSWERS!r}, os.O_RDONLY)",
    "link": f"import os; os.symlink({ANSWERS!r}, 'innocent.txt'); open('innocent.txt').read()",
    "link by another way": f"import os; os.link({ANSWERS!r}, 'innocent.txt')",
    "copy": f"import shutil; shutil.copyfile({ANSWERS!r}, 'mine.jsonl')",
    "program": f"import subprocess; subprocess.run(['cat', {ANSWERS!r}])",
    "shell": f"import os; os.system('cat {ANSWERS}')",
    "swallowed": f"try:\n    open({ANSWERS!r})\nexcept BaseException:\n    pass",
    "below": "open('../../sealed/0123456789ab/validation_answers.jsonl')",
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("level", ["plain", None], ids=["plain", "as good as there is"])
def test_reaching_for_sealed_answers_ends_the_process(
    way: str, level: SandboxLevel | None, home: Path, experiment: Experiment
) -> None:
    job = experiment(f"print('before', flush=True)\n{WAYS[way]}\nprint('after')\n")
    sealed = Path(job.folder).parents[1] / "sealed"
    sealed.mkdir(exist_ok=True)
    (sealed / "sealed_answers.jsonl").write_text('{"id": "a", "answer": "42"}\n')
    engine = LocalEngine(home, demand=level)
    engine.submit(job)
    status = until(engine, job)
    said = engine.log(job)[0]
    assert (status.state, status.rc) == ("failed", SEALED_OPENED), said
    assert "before" in said
    assert "after" not in said
    assert "42" not in said
    assert "reached for sealed answers" in status.why
    with pytest.raises(IntegrityBroken, match="its result is void"):
        refuse_void(job, status)


def test_own_data_and_files_of_like_names_are_its_own_business(home: Path, experiment: Experiment) -> None:
    job = experiment(
        "import json\nfrom pathlib import Path\n"
        "Path('my_answers.jsonl').write_text('{}')\nPath('sealed.txt').write_text('x')\n"
        "print(json.loads(Path('my_answers.jsonl').read_text()), Path('config.json').read_text()[:1])\n"
    )
    engine = LocalEngine(home)
    engine.submit(job)
    status = until(engine, job)
    assert status.state == "finished", json.dumps(status.to_dict())
    refuse_void(job, status)
