"""Reference pages, one a room, in which every public object stands once.

What ``import zwicky`` offers is on the page of `zwicky` and nowhere else. Whatever a room's ``__all__`` has
besides is on the room's page. A bare name in a docstring finds its object on whichever page that is.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from sphinx.pycode import ModuleAnalyzer
from sphinx.util.nodes import make_refnode

from made_pages import write_page
from zwicky.estimators import estimator_class, estimator_names
from zwicky.tables import columns_of

#: Pages, and the modules whose names they have. Above all, what most programs need and nothing else.
PAGES = {
    "zwicky": ["zwicky"],
    "tables": ["zwicky.tables"],
    "estimators": ["zwicky.estimators"],
    "survey": ["zwicky.survey"],
    "mocks": ["zwicky.mocks"],
    "universe": ["zwicky.universe"],
    "simulations": ["zwicky.simulations"],
    "images": ["zwicky.images"],
    "evaluation": ["zwicky.evaluation"],
    "diagnostics": ["zwicky.diagnostics"],
    "plots": ["zwicky.plots"],
    "ho2019": ["zwicky.ho2019"],
    "io": ["zwicky.io"],
    "foundations": [
        f"zwicky.{name}"
        for name in ("cosmology", "mass_function", "theory", "velocities", "units", "settings", "errors",
                     "progress", "resume", "parallel", "extras", "lazy", "kernels")
    ],
}  # fmt: skip
_TITLES = {
    "zwicky": "zwicky: what programs need",
    "foundations": "Foundations: cosmology, units, settings, errors",
}


def homes() -> dict[str, list[tuple[str, str]]]:
    """The objects of each page: module and name, in the order of the modules' ``__all__``."""
    taken, found = set(), {}
    for page, modules in PAGES.items():
        found[page] = []
        for module in modules:
            for name in importlib.import_module(module).__all__:
                value = getattr(importlib.import_module(module), name)
                mark = id(value) if inspect.isclass(value) or inspect.isroutine(value) else (module, name)
                if mark not in taken and not name.startswith("__"):
                    taken.add(mark)
                    found[page].append((module, name))
        if page == "estimators":  # those that only the registry knows
            for cls in map(estimator_class, estimator_names()):
                if id(cls) not in taken and cls.__module__.startswith("zwicky."):
                    taken.add(id(cls))
                    found[page].append((cls.__module__, cls.__name__))
    return found


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
