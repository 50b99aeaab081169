"""Reference pages, one a room, in which every public object stands once (`public_names`).

A bare name in a docstring finds its object on whichever page that is.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from sphinx.pycode import ModuleAnalyzer
from sphinx.util.nodes import make_refnode

from made_pages import write_page
from public_names import PAGES, homes
from zwicky.tables import columns_of

_TITLES = {
    "zwicky": "zwicky: what programs need",
    "foundations": "Foundations: cosmology, units, settings, errors",
}


def page_text(page: str, objects: list[tuple[str, str]]) -> str:
    """One page as reStructuredText: what the rooms say of themselves, then every object."""
    first = importlib.import_module(PAGES[page][0])
    title = _TITLES.get(page, f"zwicky.{page}")
    lines = [title, "=" * len(title), ""]
    if len(PAGES[page]) == 1:
        lines += [inspect.cleandoc(first.__doc__ or ""), ""]
    for module in dict.fromkeys(module for module, _ in objects):
        lines += [f".. py:module:: {module}", ""] if module in PAGES[page] else []
    for kind in ("class", "function", "data"):
        of_kind = [(module, name) for module, name in objects if _kind(module, name) == kind]
        if of_kind:
            head = {"class": "Classes", "function": "Functions", "data": "Constants"}[kind]
            lines += [head, "-" * len(head), ""]
        for module, name in of_kind:
            lines += _data(module, name) if kind == "data" else [f".. auto{kind}:: {module}.{name}"]
            lines += (
                ["   :members:", "   :inherited-members: Exception, tuple, str, ABC, object", ""]
                if (kind == "class")
                else [""]
            )
    return "\n".join(lines)


def _kind(module: str, name: str) -> str:
    value = getattr(importlib.import_module(module), name)
    return "class" if inspect.isclass(value) else "function" if inspect.isroutine(value) else "data"


def _data(module: str, name: str) -> list[str]:
    """A constant, with what the comment above it says in whichever module it is made."""
    package = importlib.import_module(module)
    inside = [module] + [
        f"{module}.{each.name}" for each in pkgutil.iter_modules(getattr(package, "__path__", []))
    ]
    for place in inside:
        comment = ModuleAnalyzer.for_module(place).find_attr_docs().get(("", name))
        if comment:
            return [f".. py:data:: {module}.{name}", "", *(f"   {line}" for line in comment)]
    return [f".. py:data:: {module}.{name}", ""]


def _write(app):
    for page, objects in homes().items():
        write_page(app.srcdir, f"{page}.rst", page_text(page, objects))


def _columns(app, what, name, obj, options, lines):
    """To the docstring of a table, its columns with type, unit and meaning."""
    if what != "class" or not hasattr(obj, "__dataclass_fields__"):
        return
    fields = columns_of(obj)
    if not fields:
        return
    lines += ["", ".. rubric:: Columns", "", ".. list-table::", "   :header-rows: 1", ""]
    rows = [("column", "type", "unit", "what it is")]
    for field in fields.values():
        said = field.metadata
        kind = said["dtype"].name + (f", shape (n, {said['width']})" if said["width"] > 1 else "")
        rows.append((f"``{field.name}``", kind, said["unit"], said["about"]))
    for row in rows:
        lines += [f"   {'* -' if at == 0 else '  -'} {cell}" for at, cell in enumerate(row)]
    lines.append("")


def _find_elsewhere(app, env, node, contnode):
    """A bare name, such as `ClusterSample` in the docstring of another room, is looked up in all rooms."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"].lstrip("~.")
    objects = env.get_domain("py").objects
    found = [full for full in objects if full.endswith(f".{target.removeprefix('zwicky.')}")]
    last = target.rpartition(".")[2]
    if not found and target.startswith("zwicky."):  # by the module that it is made in
        found = [full for full in objects if full.endswith(f".{last}")]
    if not found:
        return None
    full = min(found, key=lambda each: (each.count("."), each))
    return make_refnode(
        app.builder, node["refdoc"], objects[full].docname, objects[full].node_id, contnode, full
    )


def setup(app):
    app.connect("builder-inited", _write)
    app.connect("autodoc-process-docstring", _columns)
    app.connect("missing-reference", _find_elsewhere)
    return {"parallel_read_safe": True}
