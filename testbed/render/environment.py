"""Renders Jinja2 templates of templates/; an undefined name is an error."""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from testbed.paths import TEMPLATES


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The one Jinja environment. Output is configuration, not HTML: no escaping."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def render(template: str, **values: object) -> str:
    """The text of templates/<template> with these values."""
    return environment().get_template(template).render(**values)
