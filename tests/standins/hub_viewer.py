"""The datasets-server of the stand-in: /splits, /info, /size, /statistics and /rows of sets added with viewer=True."""

from __future__ import annotations

import io
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.standins.hub import HubStandIn

CONFIG = "default"


def viewer_answer(hub: HubStandIn, path: str, query: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
    """Status and body."""
    name = (query.get("dataset") or [""])[0]
    repo = hub.repos.get(("datasets", name))
    if repo is None or repo.private or repo.gated:
        return 401, {
            "error": "The dataset does not exist, or is not accessible without authentication (private or gated)."
        }
    if not repo.viewer:
        return 501, {"error": "The dataset viewer doesn't support this dataset."}
    if path in repo.not_ready:
        return 500, {"error": "The server is busier than usual and the response is not ready yet. Please retry later."}
    splits = {
        file.split("/")[-1].split(".")[0].split("-")[0]: raw
        for file, raw in repo.revisions["main"].items()
        if ".parquet" in file
    }
    tables = {split: rows_of(raw) for split, raw in splits.items()}
    split = (query.get("split") or ["train"])[0]
    rows = tables.get(split, [])
    named = {"dataset": name, "config": CONFIG}
    if path == "/splits":
        return 200, {"splits": [{**named, "split": each} for each in tables], "pending": [], "failed": []}
    if path == "/size":
        sizes = [
            {**named, "split": each, "num_rows": len(found), "num_bytes_parquet_files": 1}
            for each, found in tables.items()
        ]
        return 200, {
            "size": {"dataset": {"dataset": name}, "splits": sizes},
            "pending": [],
            "failed": [],
            "partial": False,
        }
    if path == "/info":
        counts = {each: {"name": each, "num_examples": len(found)} for each, found in tables.items()}
        return 200, {
            "dataset_info": {CONFIG: {"config_name": CONFIG, "splits": counts}},
            "pending": [],
            "failed": [],
            "partial": False,
        }
    if path == "/statistics":
        return 200, {
            "num_examples": len(rows),
            "statistics": [statistics(column, rows) for column in rows[0]],
            "partial": False,
        }
    if path == "/rows":
        start, length = (int((query.get(key) or [usual])[0]) for key, usual in (("offset", "0"), ("length", "100")))
        listed = [
            {"row_idx": start + n, "row": row, "truncated_cells": []}
            for n, row in enumerate(rows[start : start + length])
        ]
        return 200, {
            "features": [],
            "rows": listed,
            "num_rows_total": len(rows),
            "num_rows_per_page": 100,
            "partial": False,
        }
    return 404, {"error": "Not Found"}


def rows_of(raw: bytes) -> list[dict[str, Any]]:
    from pyarrow import parquet

    return list(parquet.read_table(io.BytesIO(raw)).to_pylist())


def statistics(column: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Of one column, in the shapes of the real server."""
    values = [row[column] for row in rows]
    missing = sum(value is None for value in values)
    base = {"nan_count": missing, "nan_proportion": missing / len(values)}
    given = [value for value in values if value is not None]
    if given and all(isinstance(value, datetime) for value in given):
        middle = str(sorted(given)[len(given) // 2])
        dates = {
            "min": str(min(given)),
            "max": str(max(given)),
            "mean": middle,
            "median": middle,
            "std": "1 day, 0:00:00",
        }
        return {"column_name": column, "column_type": "datetime", "column_statistics": {**base, **dates}}
    if given and all(isinstance(value, int | float) for value in given):
        numbers = {
            "min": min(given),
            "max": max(given),
            "mean": sum(given) / len(given),
            "median": sorted(given)[len(given) // 2],
            "std": 0.0,
        }
        return {"column_name": column, "column_type": "int", "column_statistics": {**base, **numbers}}
    counts = Counter(str(value) for value in given)
    if len(counts) <= 30 < len(given):
        said = {**base, "no_label_count": 0, "n_unique": len(counts), "frequencies": dict(counts)}
        return {"column_name": column, "column_type": "string_label", "column_statistics": said}
    lengths = [len(str(value)) for value in given] or [0]
    said = {
        **base,
        "min": min(lengths),
        "max": max(lengths),
        "mean": sum(lengths) / len(lengths),
        "median": 0,
        "std": 0.0,
    }
    return {"column_name": column, "column_type": "string_text", "column_statistics": said}
