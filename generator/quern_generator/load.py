"""YAML files as trees of nodes that know where they stand.

Scalars stay text: what a value means is decided by the shape of its entry (``shape.py``), so no word
turns into a truth value or a number by accident. Syntax errors and duplicate keys become faults.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Union

import yaml

from .faults import FaultLog, Place

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Scalar:
    """A text value. ``inner`` is the place of its first character, behind an opening quote."""

    text: str
    place: Place
    inner: Place
    quoted: bool = False

    kind = "text"


@dataclass(frozen=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    place: Place

    kind = "list"


@dataclass(frozen=True)
class Mapping:
    """A mapping; keys keep their place."""

    items: dict[str, Node]
    keys: dict[str, Place]
    place: Place

    kind = "mapping"

    def get(self, key: str) -> Node | None:
        return self.items.get(key)

    def text(self, key: str, default: str = "") -> str:
        """The text under a key, or the default where there is none."""
        node = self.items.get(key)
        return node.text if isinstance(node, Scalar) else default

    def scalar(self, key: str) -> Scalar | None:
        """The scalar under a key."""
        node = self.items.get(key)
        return node if isinstance(node, Scalar) else None

    def mapping(self, key: str) -> Mapping:
        """The mapping under a key, or an empty one."""
        node = self.items.get(key)
        return node if isinstance(node, Mapping) else Mapping({}, {}, self.place)

    def sequence(self, key: str) -> tuple[Node, ...]:
        """The items of the list under a key, or none."""
        node = self.items.get(key)
        return node.items if isinstance(node, Sequence) else ()

    def scalars(self, key: str) -> tuple[Scalar, ...]:
        """The scalars of the list under a key."""
        return tuple(item for item in self.sequence(key) if isinstance(item, Scalar))

    def mappings(self, key: str) -> Iterator[tuple[int, Mapping]]:
        """The mappings of the list under a key, with their position."""
        for position, item in enumerate(self.sequence(key)):
            if isinstance(item, Mapping):
                yield position, item


Node = Union[Scalar, Sequence, Mapping]


@dataclass
class SpecFiles:
    """The files of one spec folder; a file that cannot be read is absent and has its fault."""

    vocabulary: Mapping | None = None
    casting: Mapping | None = None
    targets: Mapping | None = None
    capi: Mapping | None = None
    dtypes: dict[str, Mapping] = field(default_factory=dict)
    ufuncs: dict[str, Mapping] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)


SINGLE_FILES = ("vocabulary", "casting", "targets", "capi")


def load_folder(folder: Path, log: FaultLog) -> SpecFiles:
    """Reads all spec files of a folder, whose name begins every shown path."""
    files = SpecFiles()
    for name in SINGLE_FILES:
        path = folder / f"{name}.yaml"
        if path.exists():
            setattr(files, name, load_file(path, shown(path, folder), log))
    for group in ("dtypes", "ufuncs"):
        found: dict[str, Mapping] = getattr(files, group)
        for path in sorted((folder / group).glob("*.yaml")):
            tree = load_file(path, shown(path, folder), log)
            if tree is None:
                files.unreadable.add(path.stem)
            else:
                found[path.stem] = tree
    return files


def shown(path: Path, folder: Path) -> str:
    """A path as messages and banners show it: from the spec folder's name on."""
    return f"{folder.resolve().name}/{path.relative_to(folder).as_posix()}"


def load_file(path: Path, name: str, log: FaultLog) -> Mapping | None:
    """Reads one file; None, with a fault, if it is not YAML or not a mapping."""
    try:
        text = path.read_text(encoding="utf-8")
        tree = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name, 1, 1)
        log.add(place, path.stem, f"not YAML: {error.problem or error.context}")
        return None
    except (yaml.YAMLError, UnicodeDecodeError):
        log.add(Place(name, 1, 1), path.stem, "not YAML: the file is not clean UTF-8 text")
        return None
    if not isinstance(tree, yaml.MappingNode):
        log.add(Place(name, 1, 1), path.stem, "the file holds no mapping")
        return None
    node = Converter(name, log).convert(tree, path.stem)
    return node if isinstance(node, Mapping) else None


class Converter:
    """Turns PyYAML's nodes of one file into ours. A node met twice has an alias, which specs do without."""

    def __init__(self, name: str, log: FaultLog) -> None:
        self.name = name
        self.log = log
        self.seen: dict[int, Node] = {}

    def place(self, node: yaml.Node) -> Place:
        return Place(self.name, node.start_mark.line + 1, node.start_mark.column + 1)

    def convert(self, node: yaml.Node, entry: str) -> Node:
        """A node and all below it."""
        place = self.place(node)
        if id(node) in self.seen:
            self.log.add(place, entry, "anchors and aliases are not used in specs; write the value out")
            return self.seen[id(node)]
        self.seen[id(node)] = Scalar("", place, place)  # stands for the node inside itself
        found = self.seen[id(node)] = self.convert_new(node, place, entry)
        return found

    def convert_new(self, node: yaml.Node, place: Place, entry: str) -> Node:
        """A node met for the first time."""
        if isinstance(node, yaml.ScalarNode):
            quoted = node.style in ("'", '"')
            return Scalar(node.value, place, place.after(1) if quoted else place, quoted)
        if isinstance(node, yaml.SequenceNode):
            items = (self.convert(item, f"{entry}[{position}]") for position, item in enumerate(node.value))
            return Sequence(tuple(items), place)
        assert isinstance(node, yaml.MappingNode)
        return self.convert_mapping(node, place, entry)

    def convert_mapping(self, node: yaml.MappingNode, place: Place, entry: str) -> Mapping:
        """A mapping; of a key given twice the first value stays."""
        items: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for key, value in node.value:
            key_place = self.place(key)
            if not isinstance(key, yaml.ScalarNode):
                self.log.add(key_place, entry, "a key is not a word")
            elif key.value in items:
                first = keys[key.value].line
                self.log.add(key_place, entry, f'key "{key.value}" is given twice, first on line {first}')
            else:
                items[key.value] = self.convert(value, f"{entry}.{key.value}")
                keys[key.value] = key_place
        return Mapping(items, keys, place)
