"""The repository's files as the rules see them: text, code without comments, string literals."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CPP = (".h", ".hpp", ".cpp", ".c")
EXCEPTIONS = Path(__file__).resolve().parent / "exceptions.yaml"


@dataclass(frozen=True)
class Finding:
    """One violation: where, and what is wrong."""

    path: str  # relative to the repository
    line: int  # from 1; 0 where it concerns the file as a whole
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}" if self.line else f"{self.path}: {self.what}"


class Repository:
    """A tree of files: the working tree of the repository, or a small one that a test makes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths = tuple(sorted(self._list()))

    def _list(self) -> Iterator[str]:
        """Files under version control or about to be: what git does not ignore."""
        if (self.root / ".git").exists():
            command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
            listed = subprocess.run(command, cwd=self.root, check=True, capture_output=True).stdout
            names: Iterable[str] = set(listed.decode().split("\0")) - {""}
        else:
            names = (str(p.relative_to(self.root)) for p in self.root.rglob("*") if p.is_file())
        return (name for name in names if (self.root / name).is_file())

    def under(self, *folders: str, suffixes: tuple[str, ...] = ()) -> list[str]:
        """Files below any of the folders, with any of the suffixes."""
        return [
            path
            for path in self.paths
            if path.startswith(tuple(f"{folder}/" for folder in folders))
            and (not suffixes or path.endswith(suffixes))
        ]

    def text(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def is_text(self, path: str) -> bool:
        data = (self.root / path).read_bytes()[:4096]
        return b"\0" not in data and not path.endswith((".npy", ".png", ".bin", ".pdf"))


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


# Comments, string literals and character literals of C and C++.
_CPP_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'""",
    re.DOTALL,
)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def cpp_without_comments(text: str) -> str:
    """The text with comments blanked; lines and columns stay."""
    return _CPP_TOKEN.sub(lambda m: _blank(m[0]) if m[0].startswith("/") else m[0], text)


def cpp_code(text: str) -> str:
    """The text with comments, strings and characters blanked; lines and columns stay."""
    return _CPP_TOKEN.sub(lambda m: _blank(m[0]), text)


def cpp_strings(text: str) -> list[str]:
    return [
        m[0].strip('"')
        for m in _CPP_TOKEN.finditer(text)
        if m[0].startswith('"') and not _is_include(text, m.start())
    ]


def _is_include(text: str, position: int) -> bool:
    return text[text.rfind("\n", 0, position) + 1 : position].lstrip().startswith("#include")


def python_strings(text: str) -> list[str]:
    """String constants, docstrings left out."""
    tree = ast.parse(text)
    documentation = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                documentation.add(id(first.value))
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documentation
    ]


def without_exceptions(rule: str, findings: Iterable[Finding], path: Path = EXCEPTIONS) -> list[str]:
    """The findings of a rule that no exception covers, and the exceptions that cover none."""
    entries: list[dict[str, Any]] = [e for e in yaml.safe_load(path.read_text()) if e["rule"] == rule]
    covered = {entry["path"] for entry in entries}
    listed = list(findings)
    left = [str(finding) for finding in listed if finding.path not in covered]
    stale = covered - {finding.path for finding in listed}
    return left + [f"{rule}: the exception for {path} is not needed" for path in sorted(stale)]
