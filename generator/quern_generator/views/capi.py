"""The C API: the header, the table of slots, and a wrapper for every ufunc."""

from __future__ import annotations

import hashlib
import textwrap
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..model import CapiSlot, Spec, Ufunc
from .names import own_ufuncs, package_of
from .render import render
from .text import WIDTH, OutputFile, banner, cpp_string, filled, function, identifier

PREFIX = "qn_"


@dataclass(frozen=True)
class SlotView:
    """One slot as each file spells it; the texts are wrapped."""

    comment: str
    history: str
    declaration: str  # in the header: "QN_API const char* qn_version(void);"
    member: str  # of the table: "  const char* (*version)(void);"
    implementation: str  # declaration in namespace quern::capi
    definition: str  # the extern "C" function
    name: str  # qn_version


@dataclass(frozen=True)
class WrapperView:
    """A C function for a ufunc or one of its reductions."""

    comment: str
    declaration: str
    definition: str


def files(spec: Spec) -> list[OutputFile]:
    """The C headers and ``src/capi/``; out of tree there is no C API.

    Slots and ufuncs have headers of their own, so that an edit of a ufunc leaves the slots' code alone.
    """
    package = package_of(spec)
    if not package.is_base or not spec.capi:
        return []
    ufuncs = own_ufuncs(spec)
    root = spec.capi[0].origin.path
    folder = f"{root.parent}/ufuncs/"
    wrappers = [view for ufunc in ufuncs for view in wrapper_views(ufunc)]
    values = {
        "banner": banner([str(root)]),
        "wrappers_banner": banner([folder]),
        "c_banner": _c_banner([str(root), folder]),
        "slots_banner": _c_banner([str(root)]),
        "ufuncs_banner": _c_banner([folder]),
        "slots": [slot_view(slot) for slot in spec.capi],
        "wrappers": wrappers,
        "abi_hash": abi_hash(spec.capi),
        "reduces": any(ufunc.functions for ufunc in ufuncs),
    }
    source = PurePosixPath("src/capi")
    public = PurePosixPath("include/quern")
    return [
        OutputFile(public / "quern.h", render("quern.h.j2", **values)),
        OutputFile(public / "slots.h", render("slots.h.j2", **values)),
        OutputFile(public / "ufuncs.h", render("ufuncs.h.j2", **values)),
        OutputFile(source / "slots.h", render("capi_slots.h.j2", **values)),
        OutputFile(source / "table.cpp", render("capi_table.cpp.j2", **values)),
        OutputFile(source / "ufuncs.cpp", render("capi_ufuncs.cpp.j2", **values)),
    ]


def _c_banner(sources: list[str]) -> str:
    return block_comment(banner(sources).replace("// ", "").replace("\n", " "))


def abi_hash(slots: tuple[CapiSlot, ...]) -> str:
    """A digest of every slot's index, name and types; it changes when a released slot does."""
    lines = [
        f"{slot.index} {slot.result} {slot.name}({', '.join(kind for kind, _ in slot.arguments)})" for slot in slots
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def block_comment(text: str, indent: str = "") -> str:
    """A comment that C89 reads too."""
    if len(indent) + len(text) + 6 <= WIDTH:
        return f"{indent}/* {text} */"
    lines = textwrap.wrap(text, WIDTH - len(indent) - 6, break_on_hyphens=False, break_long_words=False)
    return f"{indent}/* " + f"\n{indent} * ".join(lines) + " */"


def slot_view(slot: CapiSlot) -> SlotView:
    """All spellings of one slot."""
    short = slot.name.removeprefix(PREFIX)
    parameters = [_declarator(kind, identifier(name)) for kind, name in slot.arguments]
    arguments = [identifier(name) for _, name in slot.arguments]
    call = f"quern::capi::{identifier(short)}("
    returns = "" if slot.result == "void" else "return "
    spaced = _declarator(slot.result, "")
    head = filled(f"{spaced}{slot.name}(", parameters, ") {")
    return SlotView(
        comment=block_comment(f"Slot {slot.index}, since {slot.since}: {slot.summary}"),
        history=block_comment(slot.history, "  "),
        declaration=filled(f"QN_API {spaced}{slot.name}(", parameters or ["void"], ");"),
        member=filled(f"  {spaced}(*{identifier(short)})(", parameters or ["void"], ");"),
        implementation=filled(f"{spaced}{identifier(short)}(", parameters, ") noexcept;"),
        definition=function(head, filled(f"  {returns}{call}", arguments, ");")),
        name=slot.name,
    )


def _declarator(kind: str, name: str) -> str:
    return f"{kind} {name}"


def wrapper_views(ufunc: Ufunc) -> list[WrapperView]:
    """The ufunc with default options, and its reductions."""
    inputs = [identifier(name) for name in ufunc.inputs]
    outputs = [identifier(name) for name in ufunc.outputs]
    parameters = [f"const qn_array* {name}" for name in inputs] + [f"qn_array** {name}" for name in outputs]
    items = [cpp_string(ufunc.name), "{" + ", ".join(inputs) + "}", "{" + ", ".join(outputs) + "}"]
    views = [_wrapper(ufunc.name, ufunc.summary, parameters, "call", items)]
    for reduction in ufunc.functions:
        parameters = ["const qn_array* array", "qn_array** result", "const qn_reduce_options* options"]
        items = [cpp_string(ufunc.name), "array", "result", "options"]
        views.append(_wrapper(reduction.name, reduction.summary, parameters, "reduce", items))
    return views


def _wrapper(name: str, summary: str, parameters: list[str], helper: str, items: list[str]) -> WrapperView:
    head = f"qn_status {PREFIX}{name}("
    body = filled(f"  return {helper}(", items, ");")
    return WrapperView(
        comment=block_comment(summary),
        declaration=filled(f"QN_API {head}", parameters, ");"),
        definition=function(filled(head, parameters, ") {"), body),
    )
