"""How pages are written from templates: what is put in is text, and what is missing is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jinja2

__all__ = ["page_environment"]


def page_environment(package: str) -> jinja2.Environment:
    """Where a package's ``templates`` are rendered; every value is escaped unless it says it is markup."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader(package, "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
