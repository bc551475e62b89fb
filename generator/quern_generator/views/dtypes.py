"""Dtypes in C++: ids inside the package, and the public enumeration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from ..model import DType, Spec
from .names import dtype_id, has_own_type, own_dtypes, package_of, small_float
from .render import render
from .text import OutputFile, banner, identifier, wrapped_comment


@dataclass(frozen=True)
class DTypeView:
    """What the headers say of one dtype."""

    name: str
    constant: str  # kFloat64Id
    index: int
    code: str  # enumerator: float64, bool_
    cpp: str  # public C++ type
    comment: str
    alias: str  # "using float16 = SmallFloat<16, 11>;" where the storage type is quern's own


def files(spec: Spec) -> list[OutputFile]:
    """``src/dtype_ids.h``, and for quern itself ``include/quern/dtype_list.hpp``."""
    package = package_of(spec)
    views = [dtype_view(dtype) for dtype in spec.dtypes]
    head = banner([str(dtype.origin.path) for dtype in own_dtypes(spec)], package=package.name)
    guard = package.name.upper()
    text = render("dtype_ids.h.j2", banner=head, package=package, guard=guard, dtypes=views)
    made = [OutputFile(PurePosixPath("src") / package.include / "dtype_ids.h", text)]
    if package.is_base:
        typed = [dtype_view(dtype) for dtype in spec.dtypes if not has_own_type(dtype)]
        aliased = [view for view in views if view.alias]
        headers = [name for name, used in (("small_float", aliased), ("time", any(d.is_time for d in spec.dtypes))) if used]
        abstract = [
            (wrapped_comment(named.summary, indent="  "), identifier(named.name)) for named in spec.casting.abstract
        ]
        text = render(
            "dtype_list.hpp.j2",
            banner=head,
            dtypes=views,
            typed=typed,
            aliased=aliased,
            headers=headers,
            abstract=abstract,
        )
        made.append(OutputFile(PurePosixPath("include/quern/dtype_list.hpp"), text))
    return made


def dtype_view(dtype: DType) -> DTypeView:
    """The names of one dtype."""
    return DTypeView(
        name=dtype.name,
        constant=dtype_id(dtype),
        index=dtype.index,
        code=identifier(dtype.name),
        cpp=dtype.cpp,
        comment=wrapped_comment(dtype.summary, indent="  "),
        alias=f"using {dtype.cpp.rpartition('::')[2]} = {small_float(dtype)};" if small_float(dtype) else "",
    )
