"""The Jinja2 environment of all templates."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from . import text

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


@cache
def environment() -> jinja2.Environment:
    """Templates beside this package; an undefined name is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    made.filters["camel"] = text.camel
    made.filters["identifier"] = text.identifier
    made.filters["quoted"] = text.cpp_string
    return made


def render(template: str, **values: Any) -> str:
    """The text of a template with the values that it names."""
    return environment().get_template(template).render(**values)
