"""Names across files: aliases, see_also, and what an out-of-tree package may not change."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping as Dict

from .context import Context
from .dtypes import Source
from .faults import Place
from .load import Scalar
from .model import Ufunc


def check_names(context: Context, sources: Dict[str, Source], broken: Iterable[str]) -> None:
    """Names of ufuncs, reductions and their aliases are unique; see_also names one of them."""
    owners = {name: name for name in sorted(broken)}
    for own in (False, True):  # the base has its names before a package comes
        listed = [(stem, source) for stem, source in sorted(sources.items()) if source.own == own]
        names = [(stem, own_name(stem, source)) for stem, source in listed]
        names += [(stem, name) for stem, source in listed for name in other_names(stem, source)]
        for stem, (place, entry, name) in names:
            if name in context.dtypes.by_name:
                context.log.add(place, entry, f'"{name}" is the name of a dtype')
            elif name in owners:
                context.log.add(place, entry, f'"{name}" is already a name of {owners[name]}')
            owners.setdefault(name, stem)
    for name, source in sorted(sources.items()):
        for position, scalar in enumerate(source.node.scalars("see_also")):
            entry = f"{name}.see_also[{position}]"
            if scalar.text == name:
                context.log.add(scalar.place, entry, "a ufunc does not refer to itself")
            elif scalar.text not in owners:
                context.log.add_unknown(scalar.place, entry, "ufunc", scalar.text, owners)


def own_name(stem: str, source: Source) -> tuple[Place, str, str]:
    """The ufunc's name, which is its file's."""
    scalar = source.node.scalar("name")
    return (scalar.place if scalar is not None else source.node.place), f"{stem}.name", stem


def other_names(stem: str, source: Source) -> Iterable[tuple[Place, str, str]]:
    """Aliases of a ufunc, and its reduction functions with theirs."""
    for position, scalar in enumerate(source.node.scalars("aliases")):
        yield scalar.place, f"{stem}.aliases[{position}]", scalar.text
    for number, row in source.node.mapping("reduce").mappings("functions"):
        entry = f"{stem}.reduce.functions[{number}]"
        name = row.scalar("name")
        if isinstance(name, Scalar):
            yield name.place, f"{entry}.name", name.text
        for position, scalar in enumerate(row.scalars("aliases")):
            yield scalar.place, f"{entry}.aliases[{position}]", scalar.text


def check_extension(context: Context, base: Context, before: Dict[str, Ufunc], after: Iterable[Ufunc]) -> None:
    """A package may add cells to the base's tables but change none."""
    own = [dtype for dtype in context.dtypes.all if dtype.own]
    if not own:
        return
    node = context.dtypes.nodes[own[0].name]
    place = node.keys.get("safe_from", node.keys.get("safe_to", node.place))
    count = len(base.dtypes.all)
    names = [dtype.name for dtype in context.dtypes.all]
    for pair in itertools.combinations(range(count), 2):
        if context.casting.promotion[pair[0]][pair[1]] != base.casting.promotion[pair[0]][pair[1]]:
            message = f"the package changes the promotion of {names[pair[0]]} and {names[pair[1]]}"
            context.log.add(place, own[0].name, message)
            return
    for ufunc in after:
        old = before.get(ufunc.name)
        cell = changed_cell(old, ufunc, count, len(names)) if old is not None else None
        if cell is not None:
            shown = ", ".join(names[index] for index in cell)
            context.log.add(place, own[0].name, f"the package changes {ufunc.name}({shown})")


def changed_cell(old: Ufunc, new: Ufunc, count: int, total: int) -> tuple[int, ...] | None:
    """The first cell over base dtypes in which two tables differ."""
    for position, cell in enumerate(itertools.product(range(count), repeat=old.choosing)):
        index = 0
        for dtype in cell:
            index = index * total + dtype
        if described(old, old.resolution[position]) != described(new, new.resolution[index]):
            return cell
    return None


def described(ufunc: Ufunc, value: int) -> str:
    """A cell's outcome in words that do not depend on the order of loops."""
    if value < 0:
        return "!" + ufunc.refusals[-value - 1]
    return ",".join(dtype.name for dtype in ufunc.loops[value].types)
