"""Writing the output folder: only what changed, and nothing stale left behind.

The folder belongs to the generator, which ``manifest.txt`` in it says: whatever else lies there is
deleted. A folder with other content and no manifest is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from .model import Spec
from .views import all_files
from .views.text import WIDTH, OutputFile

MANIFEST = PurePosixPath("manifest.txt")
MAXIMUM_LINES = 1500


class OutputError(Exception):
    """The output breaks a rule of generated code, or the folder is not the generator's."""


def generate(spec: Spec, output: Path) -> list[Path]:
    """Writes everything that follows from the spec into ``output``.

    Returns the paths that were written or deleted. All text is made and checked before the first
    file is touched.
    """
    files = with_manifest(all_files(spec))
    problems = [problem for file in files for problem in text_problems(file)]
    if problems:
        raise OutputError("\n".join(problems))
    check_ownership(output)
    written = [path for file in files if (path := write_if_changed(output, file)) is not None]
    return written + delete_stale(output, files)


def with_manifest(files: Iterable[OutputFile]) -> list[OutputFile]:
    """The files and the list of them."""
    listed = list(files)
    paths = sorted(str(file.path) for file in listed)
    if len(set(paths)) != len(paths):
        raise OutputError("two views write one file: " + ", ".join(p for p in paths if paths.count(p) > 1))
    head = "# Files that quern_generator wrote; it deletes everything else in this folder.\n"
    return [*listed, OutputFile(MANIFEST, head + "".join(f"{path}\n" for path in paths))]


def text_problems(file: OutputFile) -> list[str]:
    """Rules of generated text that a file breaks."""
    lines = file.text.split("\n")
    problems = [
        f"{file.path}:{number}: {len(line)} columns, at most {WIDTH} are allowed"
        for number, line in enumerate(lines, 1)
        if len(line) > WIDTH and file.path.suffix not in (".json", ".md")
    ]
    problems += [
        f"{file.path}:{number}: white space at the end of the line"
        for number, line in enumerate(lines, 1)
        if line != line.rstrip()
    ]
    if len(lines) > MAXIMUM_LINES + 1 and file.path.suffix != ".json":
        problems.append(f"{file.path}: {len(lines) - 1} lines, at most {MAXIMUM_LINES} are allowed")
    if not file.text.endswith("\n") or file.text.endswith("\n\n"):
        problems.append(f"{file.path}: must end with exactly one line break")
    return problems


def check_ownership(output: Path) -> None:
    """Refuses a folder that somebody else filled."""
    if not output.exists() or (output / MANIFEST).is_file():
        return
    if not output.is_dir() or any(output.iterdir()):
        raise OutputError(
            f"{output} is not empty and holds no {MANIFEST}, so it is not a folder of the generator's; "
            "remove it or choose another"
        )


def write_if_changed(output: Path, file: OutputFile) -> Path | None:
    """Writes a file unless it holds the same bytes already; returns its path if written."""
    path = output / file.path
    data = file.text.encode()
    if path.is_file() and path.read_bytes() == data:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def delete_stale(output: Path, files: Iterable[OutputFile]) -> list[Path]:
    """Deletes what is not among the files, and folders that this leaves empty."""
    kept = {output / file.path for file in files}
    stale = sorted(path for path in output.rglob("*") if not path.is_dir() and path not in kept)
    for path in stale:
        path.unlink()
    for folder in sorted((path for path in output.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    return stale
