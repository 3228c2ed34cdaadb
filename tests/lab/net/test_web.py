"""Asking hosts, against a real server on loopback."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from lab.net.deadline import all_within
from lab.net.host import Host, host, page_host
from lab.net.manners import manners
from lab.net.trouble import SourceTrouble
from lab.net.web import Web
from state.errors import UserError
from tests.lab.net.loopback import Handler, body, drip, drip_headers, reset, serving, status


def at(base: str, **more: object) -> Host:
    return Host("here", base, **{"timeout": 5.0, **more})  # type: ignore[arg-type]


def trouble(web: Web, where: Host, path: str = "x", **more: object) -> SourceTrouble:
    with pytest.raises(SourceTrouble) as caught:
        web.get(where, path, **more)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return caught.value


def dead_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_an_answer_says_what_it_is() -> None:
    with serving({"/a/b": [body("grün".encode("latin-1"), "text/html; charset=ISO-8859-1")]}) as here:
        answer = Web().get(at(here.base), "/a/b", {"q": "x y", "n": 3, "none": None, "f": ["a", "b"]})
    assert (answer.text, answer.status, answer.cached) == ("grün", 200, False)
    assert here.paths() == ["/a/b?q=x+y&n=3&f=a&f=b"]


def test_too_many_requests_waits_as_long_as_it_is_told() -> None:
    with serving({"/x": [status(429, Retry_After="1"), body("fine")]}) as here:
        began = time.monotonic()
        assert Web().get(at(here.base), "x").text == "fine"
    assert 1.0 <= time.monotonic() - began < 5
    assert len(here.seen) == 2


def test_a_host_that_asks_for_too_long_a_wait_is_left_alone_and_that_is_said() -> None:
    with serving({"/x": [status(429, Retry_After="3600")]}) as here:
        wrong = trouble(Web(), at(here.base))
    assert (wrong.kind, len(here.seen)) == ("limited", 1)
    assert "3600 s" in str(wrong)


def test_the_hubs_allowance_says_for_how_long_nothing_is_left() -> None:
    """`RateLimit: "api";r=0;t=55`, as huggingface_hub reads it; what remains is no wait."""
    spent = {"RateLimit": '"api";r=0;t=290', "RateLimit_Policy": '"fixed window";"api";q=500;w=300'}
    with serving({"/x": [status(429, **spent)], "/y": [status(429, RateLimit='"api";r=0;t=1'), body("fine")]}) as here:
        wrong = trouble(Web(), at(here.base), "x")
        began = time.monotonic()
        assert Web().get(at(here.base), "y").text == "fine"
    assert ("290 s" in str(wrong), wrong.kind) == (True, "limited")
    assert 0.9 <= time.monotonic() - began < 1.9


def test_githubs_allowance_is_a_limit_and_no_refusal() -> None:
    spent = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(time.time()) + 900)}
    with serving({"/x": [status(403, **spent)], "/y": [status(403)]}) as here:
        assert trouble(Web(), at(here.base), "x").kind == "limited"
        assert trouble(Web(), at(here.base), "y").kind == "refused"


def test_an_error_of_the_server_is_tried_again() -> None:
    with serving({"/x": [status(500), status(503), body("fine")]}) as here:
        assert Web().get(at(here.base), "x").text == "fine"
    assert len(here.seen) == 3


def test_tries_are_bounded() -> None:
    with serving({"/x": [status(502)]}) as here:
        wrong = trouble(Web(), at(here.base, tries=2))
    assert (wrong.kind, wrong.status, len(here.seen)) == ("unreachable", 502, 2)


def test_a_cut_connection_is_tried_again_and_the_host_is_not_thought_down() -> None:
    with serving({"/x": [reset(), body("fine")], "/y": [reset()]}) as here:
        assert Web().get(at(here.base), "x").text == "fine"
        assert trouble(Web(), at(here.base, tries=2), "y").kind == "unreachable"
        assert not manners(here.base).down()


@pytest.mark.parametrize("slow", [drip, drip_headers])
def test_a_dripping_answer_ends_at_the_deadline(slow: type[drip]) -> None:  # type: ignore[valid-type]
    with serving({"/x": [slow(4.0)]}) as here:  # type: ignore[operator]
        began = time.monotonic()
        wrong = trouble(Web(), at(here.base, timeout=0.4, tries=1))
        took = time.monotonic() - began
    assert wrong.kind == "unreachable"
    assert "0.4 s" in str(wrong)
    assert took < 3  # the answer would drip on for four


def test_a_body_that_is_too_large_is_refused_before_it_is_whole() -> None:
    with serving({"/x": [body(b"a" * 5_000_000)], "/y": [drip(4.0)]}) as here:
        wrong = trouble(Web(), at(here.base), most=1000)
        assert (wrong.kind, "1,000 bytes" in str(wrong)) == ("unreadable", True)
        assert trouble(Web(), at(here.base), "y", most=3).kind == "unreadable"
    assert len(here.seen) == 2  # and not asked again


def test_a_redirect_to_another_host_loses_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE_TOKEN", "secret")
    with serving({"/z": [body("there")]}) as other:
        answers = {
            "/x": [status(302, Location=f"{other.base}/z")],
            "/same": [status(307, Location="/end")],
            "/end": [body("e")],
        }
        with serving(answers) as here:
            where = at(here.base, token_env=("HERE_TOKEN",))
            assert Web().get(where, "x").text == "there"
            assert Web().get(where, "same").text == "e"
    assert [s.headers.get("Authorization") for s in here.seen] == ["Bearer secret"] * 3
    assert "secret" not in str(other.seen[0].headers)


def test_a_token_travels_in_the_header_its_host_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving({"/x": [body("1")]}) as here:
        monkeypatch.setenv("POSTGRAD_SEMANTIC_URL", here.base)
        monkeypatch.setenv("S2_API_KEY", "k3y")
        Web().get(host("semantic"), "x")
    assert here.seen[0].headers["x-api-key"] == "k3y"
    assert "Authorization" not in here.seen[0].headers


def test_an_address_of_another_host_is_not_asked() -> None:
    with serving({"/x": [body("1")]}) as here, serving({"/x": [body("2")]}) as other:
        assert trouble(Web(), at(here.base), f"{other.base}/x").kind == "refused"
        assert Web().get(at(here.base), f"{here.base}/x").text == "1"
    assert other.seen == []


def test_the_open_web_does_not_send_us_into_this_machine() -> None:
    from lab.net.web import _allowed

    outside = Host("outside", "https://example.org")
    for inside in (
        "http://127.0.0.1:80/",
        "http://169.254.169.254/latest",
        "http://10.0.0.1/",
        "file:///etc/passwd",
        "http://localhost/",
    ):
        with pytest.raises(SourceTrouble, match="no business"):
            _allowed(outside, "https://example.org/x", inside)
    assert _allowed(outside, "https://example.org/x", "/y") == "https://example.org/y"
    assert _allowed(outside, "https://example.org/x", "https://cdn.example.com/y") == "https://cdn.example.com/y"


def test_endless_redirects_end() -> None:
    with serving({"/x": [status(302, Location="/x")]}) as here:
        assert trouble(Web(), at(here.base)).kind == "unreadable"
    assert len(here.seen) < 10


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (status(404), "missing"),
        (status(410), "missing"),
        (status(401), "refused"),
        (status(400), "refused"),
        (status(401, X_Error_Code="RepoNotFound"), "missing"),
        (status(403, X_Error_Code="GatedRepo", X_Error_Message="Access to model x is restricted"), "gated"),
    ],
)
def test_what_a_status_means(reply: object, kind: str) -> None:
    with serving({"/x": [reply]}) as here:  # type: ignore[list-item]
        assert trouble(Web(), at(here.base)).kind == kind
    assert len(here.seen) == 1  # trying again would be of no use


def test_the_hosts_own_words_are_passed_on_as_one_line() -> None:
    with serving({"/x": [body('{"error": "Unrecognized\\n fields"}', "application/json", 400)]}) as here:
        assert "Unrecognized fields" in str(trouble(Web(), at(here.base)))


def test_what_is_no_json_is_said_to_be_none() -> None:
    with serving({"/x": [body("<html>")]}) as here, pytest.raises(SourceTrouble, match="here sent no valid JSON"):
        Web().get(at(here.base), "x").json()


def test_a_page_where_json_was_asked_for_is_no_answer_and_is_not_kept(tmp_path: Path) -> None:
    with serving({"/x": [body("<html>we are back soon</html>"), body("[1]")], "/y": [body("<html>")]}) as here:
        assert Web(tmp_path).get(at(here.base), "x", accept="application/json").json() == [1]
        assert trouble(Web(tmp_path), at(here.base, tries=2), "y", accept="application/json").kind == "unreadable"
        assert trouble(Web(tmp_path), at(here.base, tries=1), "y", accept="application/json").kind == "unreadable"
    assert here.paths() == ["/x", "/x", "/y", "/y", "/y"]


def test_a_cached_answer_is_not_asked_for_again(tmp_path: Path) -> None:
    with serving({"/x": [body("one", "text/plain"), body("two", "text/plain")]}) as here:
        web, where = Web(tmp_path), at(here.base)
        assert [web.get(where, "x", {"q": 1}).cached for _ in range(2)] == [False, True]
        again = Web(tmp_path).get(where, "x", {"q": 1})
        assert (again.text, again.kind, again.cached) == ("one", "text/plain", True)
        assert web.get(where, "x", {"q": 2}).text == "two"
        assert web.get(where, "x", {"q": 1}, fresh=True).text == "two"
        assert web.get(where, "x", {"q": 1}).text == "two"
    assert len(here.seen) == 3


def test_an_answer_gets_old(tmp_path: Path) -> None:
    with serving({"/x": [body("one"), body("two")]}) as here:
        web, where = Web(tmp_path), at(here.base, keeps=0.2)
        assert web.get(where, "x").text == "one"
        time.sleep(0.3)
        assert web.get(where, "x").text == "two"
        assert web.get(at(here.base, keeps=0), "x").cached is False


@pytest.mark.parametrize("harm", ["cut", "swapped", "emptied", "strange"])
def test_a_damaged_answer_is_none(tmp_path: Path, harm: str) -> None:
    with serving({"/x": [body("one two three")]}) as here:
        web, where = Web(tmp_path), at(here.base)
        web.get(where, "x")
        (kept,) = (p for p in tmp_path.rglob("*") if p.is_file())
        whole = kept.read_bytes()
        kept.write_bytes(
            {"cut": whole[:-4], "swapped": whole[:-5] + b"THREE", "emptied": b"", "strange": b'["a"]\nx'}[harm]
        )
        assert (web.get(where, "x").cached, web.get(where, "x").cached) == (False, True)
    assert len(here.seen) == 2


def test_failures_are_not_cached(tmp_path: Path) -> None:
    with serving({"/x": [status(404), body("now it is there")]}) as here:
        web, where = Web(tmp_path), at(here.base)
        assert trouble(web, where).kind == "missing"
        assert web.get(where, "x").text == "now it is there"


def test_threads_share_the_pace() -> None:
    with serving({"/x": [body("1")]}) as here:
        where = at(here.base, every=0.5)
        askers = [threading.Thread(target=lambda: Web().get(where, "x")) for _ in range(4)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join(10)
    times = sorted(s.at for s in here.seen)
    assert len(times) == 4
    assert min(b - a for a, b in itertools.pairwise(times)) > 0.2
    assert times[-1] - times[0] > 1.2


def test_readers_side_by_side_ask_the_same_thing_once(tmp_path: Path) -> None:
    def slowly(at: Handler) -> None:
        time.sleep(0.2)
        body("1")(at)

    with serving({"/x": [slowly], "/y": [status(404)]}) as here:
        web = Web(tmp_path)
        told = all_within(10, {str(n): partial(web.get, at(here.base), "x") for n in range(5)})
        assert sorted(a.cached for a in told.values() if not isinstance(a, Exception)) == [
            False,
            True,
            True,
            True,
            True,
        ]
        lost = all_within(10, {str(n): partial(web.get, at(here.base), "y") for n in range(3)})
        assert all(isinstance(a, SourceTrouble) for a in lost.values())
        assert web._under_way == {}
    assert here.paths().count("/x") == 1


def test_calls_side_by_side_have_one_deadline() -> None:
    def broken() -> int:
        raise KeyError("x")

    began = time.monotonic()
    calls = {"slow": lambda: time.sleep(3) or 1, "fine": lambda: 2, "broken": broken}
    came = all_within(0.3, calls)
    assert time.monotonic() - began < 2.5
    assert list(came) == ["slow", "fine", "broken"]
    assert (type(came["slow"]), came["fine"], type(came["broken"])) == (TimeoutError, 2, KeyError)
    assert all_within(1, {}) == {}


def test_a_limit_met_by_one_thread_holds_the_others_back() -> None:
    with serving({"/x": [status(429, Retry_After="1"), body("1")], "/y": [body("2")]}) as here:
        first = threading.Thread(target=lambda: Web().get(at(here.base), "x"))
        first.start()
        while not here.seen:
            time.sleep(0.01)
        time.sleep(0.1)
        Web().get(at(here.base), "y")
        first.join(10)
    by_path = {s.path: s.at for s in here.seen}
    assert by_path["/y"] - here.seen[0].at > 0.8


def test_a_host_that_is_not_there_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    where = at(f"http://127.0.0.1:{dead_port()}")
    wrong = trouble(Web(), where)
    assert (wrong.kind, wrong.never_connected) == ("unreachable", True)
    began = time.monotonic()
    assert trouble(Web(), where, "other").kind == "unreachable"
    assert time.monotonic() - began < 0.4  # it would be knocked at twice, half a second apart
    manners(where.base).down_until = 0.0
    began = time.monotonic()
    assert trouble(Web(), where).kind == "unreachable"
    assert time.monotonic() - began > 0.4  # knocked twice again


def test_a_name_that_is_nowhere_is_unreachable() -> None:
    assert trouble(Web(), Host("nowhere", "http://nowhere.invalid"), "x").kind in ("unreachable", "offline")


@pytest.mark.parametrize("name", ["POSTGRAD_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_asks_nobody_but_this_machine(monkeypatch: pytest.MonkeyPatch, name: str, tmp_path: Path) -> None:
    for other in ("POSTGRAD_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, "1")
    wrong = trouble(Web(tmp_path), Host("far", "https://192.0.2.1"))
    assert wrong.kind == "offline"
    assert trouble(Web(tmp_path, offline=True), Host("far", "https://192.0.2.1")).kind == "offline"
    with serving({"/x": [body("1")]}) as here:
        assert Web(tmp_path).get(at(here.base), "x").text == "1"


def test_a_librarys_own_call_gets_the_same_care(tmp_path: Path) -> None:
    import requests

    with serving({"/x": [status(500), body("fine")], "/gone": [status(404)]}) as here:
        web, where = Web(tmp_path), at(here.base)

        def ask(path: str) -> bytes:
            answer = requests.get(f"{here.base}/{path}", timeout=5)
            answer.raise_for_status()
            return answer.content

        assert web.call(where, "x", lambda: ask("x")).text == "fine"
        assert web.call(where, "x", lambda: ask("x")).cached
        with pytest.raises(SourceTrouble) as caught:
            web.call(where, "gone", lambda: ask("gone"))
        assert caught.value.kind == "missing"
    assert here.paths() == ["/x", "/x", "/gone"]
    gone = at(f"http://127.0.0.1:{dead_port()}")
    with pytest.raises(SourceTrouble) as caught:
        web.call(gone, "x", lambda: requests.get(gone.base, timeout=5).content)
    assert (caught.value.kind, bool(manners(gone.base).down())) == ("unreachable", True)


def test_a_librarys_call_has_a_deadline_and_its_mistakes_are_heard() -> None:
    with serving({"/x": [drip(4.0)]}) as here:
        where = at(here.base, timeout=0.3, tries=1)
        began = time.monotonic()
        with pytest.raises(SourceTrouble, match=r"0\.3 s"):
            Web().call(where, "x", lambda: bytes(time.sleep(3) or b""))  # type: ignore[arg-type]
        assert time.monotonic() - began < 2.5
        with pytest.raises(KeyError):
            Web().call(where, "y", lambda: {}["a bug of ours"])


def test_a_question_too_long_for_an_address_is_posted_and_cached(tmp_path: Path) -> None:
    with serving({"/x": [body("1")]}) as here:
        web, where = Web(tmp_path), at(here.base)
        answers = [
            web.post(where, "x", {"ids": ["a"]}),
            web.post(where, "x", {"ids": ["a"]}),
            web.post(where, "x", {"ids": ["b"]}),
        ]
    assert [a.cached for a in answers] == [False, True, False]
    assert [(s.method, s.body) for s in here.seen] == [("POST", b'{"ids": ["a"]}'), ("POST", b'{"ids": ["b"]}')]


def test_bases_can_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    assert host("arxivapi").every == 3.0
    monkeypatch.setenv("POSTGRAD_ARXIV_URL", "http://127.0.0.1:1/")
    monkeypatch.setenv("POSTGRAD_HUB_URL", "http://127.0.0.1:2")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:3")
    assert (host("arxiv").base, host("arxivapi").base, host("arxivapi").every) == ("http://127.0.0.1:1",) * 2 + (0.0,)
    assert host("hub").base == "http://127.0.0.1:3"
    monkeypatch.setenv("POSTGRAD_GITHUB_URL", "nonsense")
    with pytest.raises(UserError, match="POSTGRAD_GITHUB_URL"):
        host("github")
    with pytest.raises(UserError, match="no host is called"):
        host("gitlab")


def test_any_page_has_a_host_and_no_token() -> None:
    page = page_host("https://user:pw@example.org:8443/a?b")
    assert (page.base, page.token()) == ("https://example.org:8443", None)
    with pytest.raises(UserError):
        page_host("file:///etc/passwd")


def test_the_hubs_token_is_found_where_its_sign_in_leaves_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert host("hub").token() is None
    (tmp_path / "token").write_text("hf_x\n")
    assert host("hub").token() == "hf_x"
    assert host("github").token() is None or "hf_x" not in str(host("github").token())
    monkeypatch.setenv("HF_TOKEN", "hf_y")
    assert host("hub").token() == "hf_y"
