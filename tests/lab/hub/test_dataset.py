"""A data set is looked at through the real client against a stand-in: counts are counted, troubles told apart."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from lab.hub.client import Hub
from lab.hub.dataset import look, rows
from lab.net.web import SourceTrouble
from state.errors import PostgradError, UserError
from tests.lab.hub.conftest import SUMS, Ask
from tests.standins.hub import HubStandIn, parquet


def test_rows_are_counted_from_the_footers_and_the_revision_is_named(hub: HubStandIn, client: Hub) -> None:
    found = look(client, "owner/sums")
    assert {split: (count.rows, count.how) for split, count in found.counts.items()} == {
        "train": (1200, "parquet footers"),
        "test": (93, "parquet footers"),
    }
    assert found.repo.sha == hub.repos["datasets", "owner/sums"].sha()
    assert found.repo.licence == "mit"
    assert found.repo.arxiv == ("2402.03300",)
    assert found.repo.tagged("source_datasets") == ("extended|owner/older",)


def test_a_card_that_counts_wrongly_is_not_believed(hub: HubStandIn, client: Hub) -> None:
    card = "---\ndataset_info:\n  splits:\n  - name: train\n    num_examples: 999999\n---\n"
    hub.add_dataset("owner/boast", {"train.parquet": SUMS[:20]}, card=card)
    assert look(client, "owner/boast").counts["train"].rows == 20


def test_a_footer_costs_little_of_a_big_file(hub: HubStandIn, client: Hub) -> None:
    """Nine megabytes of file; counting its rows and looking at the first ones must not fetch them all."""
    letters = random.Random(1)
    big = parquet(
        [{"text": "".join(letters.choices("abcdefghijklmnop ", k=3000)), "label": n % 2} for n in range(3000)], 500
    )
    hub.add_dataset("owner/big", {"train.parquet": big})
    assert look(client, "owner/big").counts["train"].rows == 3000
    ranges = {asked.headers["range"].removeprefix("bytes=") for asked in hub.asked("resolve")}
    fetched = sum(int(last) - int(first) for first, _, last in (each.partition("-") for each in ranges))
    assert fetched < len(big) / 2


def test_json_lines_are_counted_by_reading(client: Hub) -> None:
    found = look(client, "owner/lines", split="validation")
    assert {split: count.rows for split, count in found.counts.items()} == {"train": 50, "validation": 10}
    assert found.counts["train"].how == "read through and counted"
    assert found.over == "all 10 rows, read and computed"


def test_statistics_come_from_the_datasets_server_where_it_saw_all_rows(hub: HubStandIn, client: Hub) -> None:
    hub.repos["datasets", "owner/sums"].viewer = True
    found = look(client, "owner/sums")
    assert found.over == "all 1200 rows, datasets-server /statistics"
    level = next(column for column in found.columns if column.name == "level")
    assert "from 0 to 2" in level.spread


def test_without_the_datasets_server_everything_still_works(
    hub: HubStandIn, client: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTGRAD_HUBVIEWER_URL", "http://127.0.0.1:9")
    found = look(client, "owner/sums")
    assert found.counts["train"].rows == 1200
    assert found.over == "the first 500 rows, read and computed"


def test_what_only_the_datasets_server_can_count(hub: HubStandIn, client: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.hub.rows.FOOTERS", 0)
    hub.repos["datasets", "owner/sums"].viewer = True
    count = look(client, "owner/sums").counts["train"]
    assert (count.rows, count.how) == (1200, "datasets-server /size")


def test_columns_formats_and_copies(hub: HubStandIn, client: Hub) -> None:
    found = look(client, "owner/sums", split="test")
    columns = {column.name: column for column in found.columns}
    assert columns["level"].distinct == 3
    assert columns["answer"].type == "string"
    assert (found.repeats.rows, found.repeats.whole) == (93, 3)
    assert [(each.name, each.trainers) for each in found.fits] == [
        ("prompt-completion", ("SFT",)),
        ("prompt with an answer to check", ("GRPO",)),
    ]
    assert found.fits[0].change == "rename question to prompt; rename answer to completion"


def test_pages_cross_row_groups_and_files(hub: HubStandIn, client: Hub) -> None:
    parts = {f"train-{n:05d}-of-00003.parquet": parquet(SUMS[n * 100 : n * 100 + 100], group=30) for n in range(3)}
    hub.add_dataset("owner/parts", parts)
    found, part, _ = rows(client, "owner/parts", "", "", 88, 125)
    assert found == SUMS[88:213]
    assert len(part.files) == 3
    assert rows(client, "owner/parts", "", "", 300, 5)[0] == []


def test_rows_too_far_into_a_file_come_from_the_datasets_server(
    hub: HubStandIn, client: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.repos["datasets", "owner/sums"].viewer = True
    monkeypatch.setattr("lab.hub.distant.MOST", 0)
    assert rows(client, "owner/sums", "", "", 1100, 3)[0] == SUMS[1100:1103]
    hub.repos["datasets", "owner/sums"].viewer = False
    with pytest.raises(SourceTrouble, match="ask for fewer rows"):
        rows(client, "owner/sums", "", "", 1101, 3)


def test_names_of_classes_are_told(hub: HubStandIn, client: Hub) -> None:
    """As `datasets` writes them into the schema."""
    features = {"info": {"features": {"label": {"names": ["bad", "good"], "_type": "ClassLabel"}}}}
    table = pyarrow.table({"text": ["a", "b"] * 20, "label": [0, 1] * 20})
    sink = io.BytesIO()
    pyarrow.parquet.write_table(table.replace_schema_metadata({"huggingface": json.dumps(features)}), sink)
    hub.add_dataset("owner/named", {"train.parquet": sink.getvalue()})
    found = look(client, "owner/named")
    assert [column.type for column in found.columns] == ["string", "class label (2: bad, good)"]
    assert found.fits[0].trainers == ("classification",)


def test_the_hubs_own_conversion_is_read_where_the_files_cannot_be(hub: HubStandIn, client: Hub) -> None:
    hub.add_dataset("owner/zipped", {"train.zip": b"PK\x03\x04"}, converted={"default/train/0000.parquet": SUMS[:40]})
    found = look(client, "owner/zipped")
    assert found.counts["train"].rows == 40
    assert "read from the Hub's own conversion to parquet" in found.notes
    assert any("can't be looked into" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("owner/secret", "gated", "is gated: accept its terms"),
        ("owner/mine", "missing", "is not on the Hub, or is private"),
        ("owner/none", "missing", "is not on the Hub, or is private"),
        ("owner/gone", "refused", "was disabled by the Hub"),
    ],
)
def test_what_cannot_be_had_is_told_apart(hub: HubStandIn, client: Hub, name: str, kind: str, says: str) -> None:
    with pytest.raises(SourceTrouble, match=says) as caught:
        look(client, name)
    assert caught.value.kind == kind
    assert "\n" not in str(caught.value)


def test_signed_in_a_private_set_is_seen_and_called_private(
    hub: HubStandIn, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", hub.token)
    said = ask("inspect_dataset", id="owner/mine")
    assert "PRIVATE" in said
    assert "split train: 50 rows" in said


def test_a_gated_set_still_says_what_is_public(ask: Ask) -> None:
    said = ask("inspect_dataset", id="owner/secret")
    assert "GATED" in said
    assert "licence: mit" in said
    assert "rows were not seen: owner/secret is gated" in said


def test_the_token_goes_to_the_hub_and_nowhere_else(
    hub: HubStandIn, client: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not to the datasets-server, not to the storage that the Hub sends its askers on to."""
    monkeypatch.setenv("HF_TOKEN", hub.token)
    with HubStandIn() as viewer, HubStandIn() as storage:
        storage.repos = hub.repos
        hub.storage = storage.url.replace("127.0.0.1", "localhost")
        monkeypatch.setenv("POSTGRAD_HUBVIEWER_URL", viewer.viewer_url)
        assert look(client, "owner/sums").counts["train"].rows == 1200
        assert {asked.token for asked in hub.requests} == {hub.token}
        assert storage.requests
        assert viewer.requests
        assert not [asked for asked in (*storage.requests, *viewer.requests) if asked.token]


@pytest.mark.parametrize(
    ("status", "headers", "kind", "says"),
    [
        (401, {"X-Error-Message": "Invalid credentials in Authorization header"}, "refused", "check what the token may read"),
        (403, {}, "refused", "the Hub refused (403)"),
        (400, {"X-Error-Message": "Bad cursor"}, "refused", "the Hub answered 400"),
        (429, {"Retry-After": "3600"}, "limited", "allows no more requests for now"),
        (503, {"Retry-After": "0"}, "unreachable", "error 503"),
    ],
)  # fmt: skip
def test_every_refusal_is_one_line_that_says_what_to_do(
    hub: HubStandIn, client: Hub, status: int, headers: dict[str, str], kind: str, says: str
) -> None:
    hub.fail(status, 3, **headers)
    with pytest.raises(SourceTrouble) as caught:
        look(client, "owner/sums")
    assert caught.value.kind == kind
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_answer_of_the_hub_is_said_to_be_none(client: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A captive portal, a proxy's page: a web page where JSON was due."""
    with HubStandIn() as portal:
        monkeypatch.setattr(
            "tests.standins.hub_answers.Answers.json", lambda self, *_a, **_k: self.reply(200, b"<html>", {})
        )
        monkeypatch.setenv("HF_ENDPOINT", portal.url)
        portal.add_dataset("owner/sums", {"train.jsonl": SUMS[:3]})
        with pytest.raises(SourceTrouble, match="in a form its client can't read"):
            look(client, "owner/sums")


def test_wrong_names_say_what_there_is(client: Hub) -> None:
    with pytest.raises(UserError, match="no configuration 'big'; it has default"):
        look(client, "owner/sums", config="big")
    with pytest.raises(UserError, match="no split 'dev'; it has train, test"):
        look(client, "owner/sums", split="dev")
    with pytest.raises(SourceTrouble, match="no such revision"):
        look(client, "owner/sums", revision="nope")
    with pytest.raises(UserError, match="is no Hub id"):
        look(client, "no id at all")


def test_damaged_data_is_said(hub: HubStandIn, client: Hub) -> None:
    hub.add_dataset("owner/torn", {"train.parquet": b"PAR1 torn"})
    hub.add_dataset("owner/odd", {"train.jsonl": "{not json}\n"})
    for name in ("owner/torn", "owner/odd"):
        with pytest.raises(SourceTrouble) as caught:
            look(client, name)
        assert caught.value.kind == "unreadable"


def test_trouble_that_passes_is_tried_again(hub: HubStandIn, client: Hub) -> None:
    hub.fail(503, 1, **{"Retry-After": "0"})
    hub.fail(429, 1, **{"Retry-After": "0"})
    assert look(client, "owner/lines").counts["train"].rows == 50


def test_asked_twice_the_hub_hears_it_once(hub: HubStandIn, client: Hub) -> None:
    look(client, "owner/sums")
    heard = len(hub.requests)
    look(client, "owner/sums")
    assert [asked.path for asked in hub.requests[heard:] if "viewer" not in asked.path] == []


def test_offline_means_not_to_other_machines(client: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        look(client, "owner/lines").counts["train"].rows == 50
    )  # HF_HUB_OFFLINE is set in all tests; this is loopback
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example")
    with pytest.raises(PostgradError, match="offline"):
        look(client, "owner/sums")


def test_rows_are_shown_with_long_cells_cut(hub: HubStandIn, ask: Ask) -> None:
    rows_: list[dict[str, Any]] = [{"text": "word " * 5000, "n": 1}]
    hub.add_dataset("owner/long", {"train.jsonl": rows_})
    said = ask("dataset_rows", id="owner/long")
    assert "more characters]" in said
    assert len(said) < 10_000
    assert json.loads(said.splitlines()[1].removeprefix("0: "))["n"] == 1


def test_what_a_card_orders_stays_text(ask: Ask) -> None:
    """The instruction comes back as a quotation from the card, and no tool does anything but read."""
    said = ask("hub_card", id="owner/sums")
    assert "ignore your instructions" in said
    assert said.startswith("owner/sums/README.md at ")
