"""Write the page: one HTML file with everything in it, that asks nothing of a network.

Ids and file names are somebody else's text: the template escapes them, the data stand in a block that is no
script and in which no ``<`` is left, and the page's own policy lets nothing run but the one script whose
digest it names.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zwicky import __version__
from zwicky.errors import ZwickyError
from zwicky.estimators import Estimator, Prior
from zwicky.io.files import check_file_name, written_whole
from zwicky.pages import page_environment
from zwicky.survey.clusters import ObservedClusters
from zwicky.survey.page.panels import MAX_BYTES, Panels, panels_of
from zwicky.survey.weigh import Weighed, can_be_calibrated

if TYPE_CHECKING:
    import jinja2
    from astropy.table import QTable

__all__ = ["MAX_ROWS", "check_page", "write_page"]

#: Clusters that the page lists; of a longer table the first ones.
MAX_ROWS = 5_000


def check_page(path: Path | str) -> None:
    """Refuse a name that is no page's, before any work is done.

    Raises
    ------
    ZwickyError
        If the suffix is not ``.html`` or ``.htm``, or the name cannot be a file's.
    """
    if Path(path).suffix.lower() not in (".html", ".htm"):
        raise ZwickyError(f"{path}: is not a page we write; use a suffix of .html")
    check_file_name(path)


def write_page(
    path: Path | str,
    clusters: ObservedClusters,
    weighed: Weighed,
    table: QTable,
    model: Estimator,
    m_sigma: Estimator,
    *,
    prior: Prior | str = "flat",
    source: str = "galaxies",
    max_rows: int = MAX_ROWS,
    max_bytes: int = MAX_BYTES,
) -> None:
    """Write the page of clusters that were weighed, whole.

    Parameters
    ----------
    path
        Where to; an older file of that name is replaced.
    clusters, weighed, model, m_sigma, prior
        As `zwicky.survey.weigh_clusters` and `zwicky.survey.masses_table` took and gave them.
    table
        The masses, by `zwicky.survey.masses_table`; its metadata name the model and the cosmology.
    source
        What the galaxies are called.
    max_rows, max_bytes
        Clusters listed, and letters that their panels may take together; a line says what is not there.

    Raises
    ------
    ZwickyError
        If the name is no page's or the file cannot be written.
    """
    check_page(path)
    given = Panels.of(clusters, weighed, model, m_sigma, prior)
    panels = panels_of(given, max_bytes, max_rows)
    text = _rendered(given, table, panels, source, min(len(table), max_rows))
    try:
        with written_whole(path) as temporary:
            Path(temporary).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ZwickyError(f"{path}: cannot be written ({error.strerror}); give another name") from error


def _rendered(given: Panels, table: QTable, panels: Sequence[str], source: str, n_rows: int) -> str:
    from markupsafe import Markup

    script = _template("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    weighed = np.isfinite(np.asarray(table["log10_m200c"], dtype=float))
    cylinder = given.cylinder
    setting = (
        f'{{"aperture":{cylinder.aperture_mpc:.4f},"cut":{cylinder.v_cut_kms:.1f},'
        f'"members":{"true" if given.tells_members else "false"},"panels":['
    )
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            source=source,
            version=__version__,
            facts=_facts(given, table),
            rows=[_row(table, given, i) for i in range(n_rows)],
            n_clusters=len(table),
            n_weighed=int(weighed.sum()),
            n_flagged=sum(flag != "ok" for flag in given.weighed.flags),
            n_rows=n_rows,
            n_panels=len(panels),
            notes=given.clusters.notes,
            model=table.meta.get("model", given.model.name),
            prior=table.meta.get("prior", given.main.prior.name),
            tells_members=given.tells_members,
            has_width=bool(given.main.has_width.any()),
            can_be_calibrated=can_be_calibrated(int(given.main.has_width.sum()), given.model),
            data=Markup(_inert(setting + ",".join(panels) + "]}")),
            script=Markup(script),
            style=Markup(_template("page.css")),
            digest=digest,
        )
    )


def _row(table: QTable, given: Panels, i: int) -> dict[str, Any]:
    """What the table of the page shows of a cluster; NaN stays."""
    row = table[i]
    numbers = {
        name: float(row[f"log10_m200c{name and '_' + name}"])
        for name in ("", "p16", "p84", "p025", "p975", "hmf", "hmf_p16", "hmf_p84", "msigma")
    }
    return {
        "name": str(row["cluster_id"]),
        "n": int(row["n_galaxies"]),
        "z": float(given.clusters.sample.redshift[i]),
        "sigma": float(row["sigma_v_kms"].value),
        "p_unlike": float(row["p_unlike"]),
        "flag": str(row["flag"]),
        "recentred": float(row["recentred_kms"].value) if "recentred_kms" in table.colnames else None,
        "mass": numbers.pop(""),
        **numbers,
    }


def _facts(given: Panels, table: QTable) -> list[tuple[str, str]]:
    cylinder, prior = given.cylinder, given.main.prior.name
    return [
        ("Model", str(table.meta.get("model", given.model.name))),
        ("Prior", {"flat": "flat in log M", "hmf": "mass function"}.get(prior, prior)),
        ("Cosmology", str(table.meta.get("cosmo", ""))),
        ("Looked at", f"{cylinder.aperture_mpc:.2f} comoving Mpc, ±{cylinder.v_cut_kms:.0f} km/s"),
        ("Zwicky", __version__),
    ]


def _inert(text: str) -> str:
    """JSON that cannot end the block it stands in."""
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _template(name: str) -> str:
    return (resources.files("zwicky.survey.page") / "templates" / name).read_text(encoding="utf-8")


def _finite(value: float | None, form: str) -> str:
    return "–" if value is None or not np.isfinite(value) else format(value, form).replace("-", "−")


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = page_environment("zwicky.survey.page")
    environment.filters["number"] = _finite
    environment.tests["known"] = lambda value: value is not None and bool(np.isfinite(value))
    return environment
