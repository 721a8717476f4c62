from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.release.cache import Cache, of_user


@pytest.mark.parametrize("harmed", [b"", b"short", b"0" * 64 + b"\nvalue"])
def test_an_entry_that_is_not_what_was_put_reads_as_nothing(tmp_path: Path, harmed: bytes) -> None:
    cache = Cache(tmp_path)
    cache.put("lint", "key", b"value")
    assert b"value" == cache.get("lint", "key")

    (tmp_path / "lint/key").write_bytes(harmed)

    assert cache.get("lint", "key") is None


@pytest.mark.parametrize("kind", ["lint", "bytecode"])
def test_a_build_without_cache_reads_nothing_of_it(tmp_path: Path, kind: str) -> None:
    Cache(tmp_path / "own", tmp_path / "shared").put(kind, "key", b"value")

    assert Cache(tmp_path / "own", tmp_path / "shared", read=False).get(kind, "key") is None


def test_checkouts_of_a_user_share_bytecode_and_no_findings(tmp_path: Path) -> None:
    one, other = (Cache(tmp_path / name, tmp_path / "shared") for name in ("one", "other"))
    for kind in ("bytecode", "lint"):
        one.put(kind, "key", b"value")

    assert b"value" == other.get("bytecode", "key")
    assert other.get("lint", "key") is None


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put_all("lint", {"a": b"1", "b": b"2"}, kept=2)
    for name in "ab":
        os.utime(tmp_path / "lint" / name, (1, 1))
    cache.get("lint", "a")
    cache.put("lint", "c", b"3", kept=2)

    assert {"a", "c"} == {path.name for path in (tmp_path / "lint").iterdir()}


def test_what_a_user_cannot_keep_for_all_checkouts_is_kept_in_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the home folder is a file, or none at all."""
    nowhere = tmp_path / "file"
    nowhere.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(nowhere))

    assert tmp_path / "dist" == of_user(tmp_path / "dist")
