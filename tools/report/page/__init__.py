"""index.html: the report as one page that needs no other file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ..basics import Json
from ..oracle import find_dtype
from ..times import LOOP_UNIT, counts_time_by_name, run_as, without_unit

FOLDER = Path(__file__).resolve().parent

# What a cell of the casting table shows for the least level that allows the cast.
LEVEL_MARKS = {
    "no": "=", "equiv": "=", "safe": "S", "same_kind": "K", "unsafe": "U", "never": "–",
}  # fmt: skip


def short_name(dtype: str) -> str:
    """NumPy's two-letter name: `f8` for float64, `m8[s]` for times; the name itself where there is none."""
    name = without_unit(dtype)
    found = find_dtype(name) if name.isidentifier() else None
    return f"{found.kind}{found.itemsize}{dtype[len(name):]}" if found is not None else dtype


def short_types(text: str) -> str:
    """A loop's or dtype's text in short names; other words stay."""
    words = text.replace("->", " → ").replace(",", " , ").split()
    return " ".join(short_name(word) for word in words).replace(" ,", ",")


def kind_class(text: str) -> str:
    """A CSS class by the kind of the last dtype named, for the colour of a cell."""
    found = find_dtype(text.split()[-1])
    return f"kind-{found.kind}" if found is not None else "kind-none"


def grouped(value: Any) -> str:
    """A number with commas between thousands; other values as they are."""
    return f"{value:,}" if isinstance(value, int) else str(value)


def _views(dtypes: Sequence[str]) -> list[Json]:
    """The dtypes shown together in tables of types, by their places: each once, and those that count time in all units.

    unit: what goes without saying in the table.
    """
    timed = [place for place, name in enumerate(dtypes) if counts_time_by_name(name)]
    once = [place for place, name in enumerate(dtypes) if name == run_as(without_unit(name))]
    views = [{"title": "each once", "what": "", "unit": f"[{LOOP_UNIT}]", "places": once},
             {"title": "times in several units", "what": " of times", "unit": "", "places": timed}]  # fmt: skip
    return [view for view in views if view["places"]]


def _part(cells: Sequence[Sequence[str]], places: Sequence[int]) -> list[list[str]]:
    """The rows and columns of a square table that a view shows."""
    return [[cells[row][column] for column in places] for row in places]


def _place(place: int, dtypes: Sequence[str]) -> str:
    return dtypes[place]


def _types_for_page(section: Json) -> Json:
    """Tables of loops in short names, with full texts for those who ask."""
    return [
        {
            **table,
            "short": [short_types(text) for text in table["outcomes"]],
            "kinds": [kind_class(text) for text in table["outcomes"]],
        }
        for table in section.get("ufuncs", [])
    ]


def _embedded(data: Json) -> Markup:
    """What the page's script needs, as JSON inside a script element."""
    wanted = {
        "rows": [{k: v for k, v in row.items() if k != "checks"} for row in data["rows"]],
        "differences": data["differences"],
        "rules": data["rules"],
        "types": _types_for_page(data["types"]),
        "dtypes": data["casting"].get("dtypes", []),
        "views": _views(data["casting"].get("dtypes", [])),
        "shorts": {name: short_name(name) for name in data["casting"].get("dtypes", [])},
        "hashes": [
            {"what": what, **entry}
            for what, name in (
                ("loop", "same_bits"), ("reduction", "same_sums"), ("cast", "same_casts"),
            )
            for entry in data[name].get("hashes", [])
        ],
        "speed": data["speed"].get("loops", []),
        "sizes": [str(size) for size in data["speed"].get("sizes", [])],
    }  # fmt: skip
    text = json.dumps(wanted, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


def _matrix(section: Json) -> Json:
    """Targets, and a row per variant with equal and total of each target."""
    cells = section.get("matrix", [])
    targets = list(dict.fromkeys(cell["target"] for cell in cells))
    variants = list(dict.fromkeys(cell["variant"] for cell in cells))
    found = {(cell["variant"], cell["target"]): cell for cell in cells}
    rows = [[found[variant, target] for target in targets] for variant in variants]
    return {"targets": targets, "rows": list(zip(variants, rows, strict=True))}


def _choices(rows: Sequence[Json], dtypes: Sequence[str]) -> dict[str, list[str]]:
    return {
        "dtypes": list(dict.fromkeys(map(without_unit, dtypes))),
        "ufuncs": list(dict.fromkeys(row["ufunc"] for row in rows)),
        "targets": list(dict.fromkeys(row["target"] for row in rows)),
    }


def render(data: Json) -> str:
    """The page's text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "short": short_name, "grouped": grouped, "kind": kind_class,
        "mark": partial(LEVEL_MARKS.get), "part": _part, "place": _place,
    }  # fmt: skip
    return environment.get_template("index.html.j2").render(
        data=data,
        summary=data["summary"],
        environment=data["environment"],
        matrices=[
            ("Loops", _matrix(data["same_bits"])),
            ("Reductions", _matrix(data["same_sums"])),
            ("Casts", _matrix(data["same_casts"])),
        ],
        views=_views(data["casting"].get("dtypes", [])),
        choices=_choices(data["rows"], data["casting"].get("dtypes", [])),
        embedded=_embedded(data),
        style=Markup((FOLDER / "style.css").read_text(encoding="utf-8")),
        script=Markup((FOLDER / "app.js").read_text(encoding="utf-8")),
    )


def write_page(path: Path, data: Json) -> None:
    path.write_text(render(data), encoding="utf-8")
