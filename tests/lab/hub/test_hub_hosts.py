"""What the Hub's other hosts do that its own does not: the datasets-server's dates and waits, a CDN that packs text."""

from __future__ import annotations

from datetime import UTC, datetime

from lab.hub.client import Hub
from lab.hub.dataset import look
from lab.hub.viewer import Viewer
from lab.net.web import Web
from tests.lab.hub.conftest import SUMS, Ask
from tests.standins.hub import HubStandIn


def test_dates_have_a_mean_that_is_a_date(hub: HubStandIn, client: Hub) -> None:
    """The datasets-server gives min, max, mean and std of a datetime column as words (DatetimeStatisticsItem)."""
    days = [{"day": datetime(2024, 1, n, tzinfo=UTC), "text": f"word {n}"} for n in range(1, 29)]
    hub.add_dataset("owner/days", {"train.parquet": days}, viewer=True)
    day = next(column for column in look(client, "owner/days").columns if column.name == "day")
    assert day.spread == "from 2024-01-01 00:00:00+00:00 to 2024-01-28 00:00:00+00:00, mean 2024-01-15 00:00:00+00:00"


def test_what_the_datasets_server_has_not_worked_out_keeps_nothing_else_from_it(hub: HubStandIn, web: Web) -> None:
    repo = hub.repos["datasets", "owner/sums"]
    repo.viewer, repo.not_ready = True, {"/size"}
    viewer = Viewer(web)
    assert viewer.sizes("owner/sums") == {}
    assert "not ready yet" in viewer.why
    assert viewer.rows("owner/sums", "default", "train", 7, 1) == [SUMS[7]]


def test_of_many_discussions_as_many_are_asked_for_as_are_shown(hub: HubStandIn, ask: Ask) -> None:
    for number in range(1, 181):
        hub.add_discussion(hub.repos["datasets", "owner/sums"], f"Row {number} is wrong", "it is")
    said = ask("hub_discussions", id="owner/sums").splitlines()
    assert (len(said), said[-1]) == (101, "[the first 100; others are read by their number]")
    assert len(hub.asked("/discussions")) == 2


def test_of_many_commits_the_latest_are_asked_for(hub: HubStandIn, ask: Ask) -> None:
    hub.page, hub.repos["datasets", "owner/sums"].older = 50, 5000
    assert (
        ask("hub_files", id="owner/sums", what="commits", start=40).splitlines()[0].endswith("2026-01-02 update 4961")
    )
    assert len(hub.asked("/commits/")) == 6


def test_a_part_of_a_text_file_is_asked_for_unpacked(hub: HubStandIn, client: Hub) -> None:
    """A CDN that may pack text ignores the range and sends all of it (huggingface_hub's http_get says so of CloudFront)."""
    hub.add_dataset("owner/far", {"train.jsonl": SUMS})
    raw = hub.repos["datasets", "owner/far"].revisions["main"]["train.jsonl"]
    sha = hub.repos["datasets", "owner/far"].sha()
    assert client.part("dataset", "owner/far", sha, "train.jsonl", 100, 200) == raw[100:200]
    assert [asked.headers["accept-encoding"] for asked in hub.asked("/resolve/")] == ["identity"]
