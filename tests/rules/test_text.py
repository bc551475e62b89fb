"""What every committed text keeps to: no machine's paths, no notes of unfinished work, no broken links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from conftest import Tree
from sources import Finding, Repository, line_of, without_exceptions

# Written so that this file does not find itself.
_UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b")
_MACHINE = re.compile(r"(?<![\w.$}~-])/(?:home|root|Users|work|mnt)/[\w.-]+|\b[A-Z]:\\+Users\\")
_LINK = re.compile(r"!?\[[^\]\[]*(?:\[[^\]]*\][^\]\[]*)*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_HEADING = re.compile(r"(?m)^#{1,6}[ \t]+(.+?)[ \t#]*$")


def matches(repository: Repository, pattern: re.Pattern[str], what: str) -> Iterator[Finding]:
    for path in repository.paths:
        if not repository.is_text(path):
            continue
        text = repository.text(path)
        for match in pattern.finditer(text):
            yield Finding(path, line_of(text, match.start()), f"{what}: {match[0]}")


def unfinished(repository: Repository) -> Iterator[Finding]:
    return matches(repository, _UNFINISHED, "a note of unfinished work")


def machine_paths(repository: Repository) -> Iterator[Finding]:
    return matches(repository, _MACHINE, "a path of some machine")


def without_code(text: str) -> str:
    """Markdown with code blanked; lines stay."""
    text = re.sub(r"(?ms)^(```|~~~).*?^\1", lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    return re.sub(r"`[^`\n]*`", lambda m: " " * len(m[0]), text)


def anchors(text: str) -> set[str]:
    """The anchors that headings make, as on GitHub."""
    found: set[str] = set()
    for heading in _HEADING.findall(re.sub(r"(?ms)^(```|~~~).*?^\1", "", text)):
        bare = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", bare.lower()).replace(" ", "-")
        number = 0
        while (name := f"{slug}-{number}" if number else slug) in found:
            number += 1
        found.add(name)
    return found


def resolve(folder: PurePosixPath, target: str) -> str | None:
    """The path from the root, or None if it leaves the repository."""
    parts: list[str] = []
    for part in (folder / target).parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def broken_links(repository: Repository) -> Iterator[Finding]:
    present = set(repository.paths)
    folders = {str(parent) for path in present for parent in PurePosixPath(path).parents}
    for path in repository.paths:
        if not path.endswith(".md"):
            continue
        text = without_code(repository.text(path))
        for match in _LINK.finditer(text):
            where = line_of(text, match.start())
            if re.match(r"[a-z][a-z0-9+.-]*:", match[1]):
                continue  # the web's
            name, _, anchor = match[1].partition("#")
            target = resolve(PurePosixPath(path).parent, name) if name else path
            if target is None or (target not in present and target.rstrip("/") not in folders):
                yield Finding(path, where, f"the link {match[1]} leads nowhere")
            elif anchor and target.endswith(".md") and anchor not in anchors(repository.text(target)):
                yield Finding(path, where, f"{target} has no heading #{anchor}")


def test_no_notes_of_unfinished_work(repository: Repository) -> None:
    assert without_exceptions("unfinished", unfinished(repository)) == []


def test_no_paths_of_a_machine(repository: Repository) -> None:
    assert without_exceptions("machine_paths", machine_paths(repository)) == []


def test_links_lead_somewhere(repository: Repository) -> None:
    assert without_exceptions("links", broken_links(repository)) == []


def test_rule_finds_unfinished_work(tree: Tree) -> None:
    note = "TO" + "DO"
    repository = tree({"runtime/a.cpp": f"// {note}: later\n", "b.md": "mastodons and todo lists\n"})
    assert [str(finding) for finding in unfinished(repository)] == [
        f"runtime/a.cpp:1: a note of unfinished work: {note}"
    ]


def test_rule_finds_machine_paths(tree: Tree) -> None:
    home = "/ho" + "me/somebody"
    repository = tree(
        {
            "tools/a.sh": f"cd {home}/quern\n",
            "b.md": "the folder tests/home/x, $root/work/y and https://example.org/home/z\n",
        }
    )
    assert [str(finding) for finding in machine_paths(repository)] == [
        f"tools/a.sh:1: a path of some machine: {home}"
    ]


def test_rule_finds_broken_links(tree: Tree) -> None:
    repository = tree(
        {
            "README.md": (
                "# A title, with `code`\n"
                "[good](docs/a.md) [part](docs/a.md#second-part-2) [here](#a-title-with-code)\n"
                "[gone](docs/b.md)\n![picture](docs/c.png)\n[anchor](docs/a.md#third)\n[out](../up.md)\n"
                "`[code](nowhere.md)`\n```\n[block](nowhere.md)\n```\n"
                "[web](https://example.org/x) [folder](docs/)\n"
            ),
            "docs/a.md": "# First\n## Second part 2\n[back](../README.md)\n",
        }
    )
    assert [str(finding) for finding in broken_links(repository)] == [
        "README.md:3: the link docs/b.md leads nowhere",
        "README.md:4: the link docs/c.png leads nowhere",
        "README.md:5: docs/a.md has no heading #third",
        "README.md:6: the link ../up.md leads nowhere",
    ]
