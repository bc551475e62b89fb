"""``targets.yaml``: instruction sets by Highway's names."""

from __future__ import annotations

from .dtypes import origin_of
from .faults import FaultLog
from .highway import HIGHWAY_TARGETS
from .load import Mapping
from .model import Target
from .vocabulary import Vocabulary


def read_targets(node: Mapping, words: Vocabulary, log: FaultLog) -> tuple[Target, ...]:
    """All targets in the order of the file."""
    found: list[Target] = []
    for name, entry in node.items.items():
        assert isinstance(entry, Mapping)
        label = f"targets.{name}"
        architecture = entry.scalar("architecture")
        assert architecture is not None
        if name not in HIGHWAY_TARGETS:
            log.add_unknown(node.keys[name], label, "target", name, HIGHWAY_TARGETS)
        if architecture.text not in words.architectures:
            place = architecture.place
            log.add_unknown(place, f"{label}.architecture", "architecture", architecture.text, words.architectures)
        elif HIGHWAY_TARGETS.get(name, architecture.text) != architecture.text:
            message = f"{name} belongs to {HIGHWAY_TARGETS[name]}, not to {architecture.text}"
            log.add(architecture.place, f"{label}.architecture", message)
        families = entry.scalars("families")
        for position, scalar in enumerate(families):
            if scalar.text not in words.families:
                entry_name = f"{label}.families[{position}]"
                log.add_unknown(scalar.place, entry_name, "family", scalar.text, words.families)
        whole = not families
        chosen = {scalar.text for scalar in families}
        kept = tuple(family for family in words.families if whole or family in chosen)
        found.append(Target(name, architecture.text, entry.text("summary"), kept, whole, origin_of(node.keys[name])))
    _check_whole_targets(node, found, log)
    return tuple(found)


def _check_whole_targets(node: Mapping, targets: list[Target], log: FaultLog) -> None:
    """What a target with families of its own leaves out runs on a whole one below it."""
    for position, target in enumerate(targets):
        below = targets[:position]
        if not target.whole and not any(lower.whole and lower.architecture == target.architecture for lower in below):
            message = f"no target of {target.architecture} above it is built for all families"
            log.add(node.keys[target.name], f"targets.{target.name}.families", message)
