"""What all tests of the generator share: its package on the path, the repository's spec, built once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "generator"))

from quern_generator.build import build  # noqa: E402
from quern_generator.model import Spec  # noqa: E402


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def spec() -> Spec:
    """The repository's own spec, which has no faults."""
    found, log = build(ROOT / "spec")
    assert found is not None, log.text()
    return found
