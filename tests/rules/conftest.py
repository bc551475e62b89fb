"""What all rules share: the repository, and small trees to show that a rule can fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sources import Repository

ROOT = Path(__file__).resolve().parents[2]

Tree = Callable[[dict[str, str]], Repository]


@pytest.fixture(scope="session")
def repository() -> Repository:
    return Repository(ROOT)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Makes a tree of files from their texts by path."""

    def make(files: dict[str, str]) -> Repository:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Repository(tmp_path)

    return make
