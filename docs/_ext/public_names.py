"""What is public: the names that stand in the reference, each once.

What ``import zwicky`` offers is on the page of `zwicky` and nowhere else. Whatever a room's ``__all__`` has
besides is on the room's page. Names that only other rooms need are imported from the modules that make them,
are in no room's ``__all__``, and are not public.
"""

from __future__ import annotations

import importlib
import inspect

from zwicky.estimators import estimator_class, estimator_names

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
                     "progress")
    ],
}  # fmt: skip


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
