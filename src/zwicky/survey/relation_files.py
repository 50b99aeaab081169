"""A mass relation on disk: one table that says what it is, and what cosmocnc and crow load it with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import tomli_w

from zwicky.errors import ZwickyError
from zwicky.io.directories import free_directory, whole_directory
from zwicky.io.files import provenance, sha256_of, write_json
from zwicky.survey.mass_relation import MassRelation

__all__ = ["RELATION_FILES", "murata_parameters", "read_relation", "write_relation"]

#: Version of the table's layout; a file with a newer one is refused.
SCHEMA = 1
_TABLE, _MURATA, _PROVENANCE = "relation.hdf5", "murata.toml", "provenance.json"
_LOADERS = ("survey_sr_zwicky.py", "crow_zwicky.py")
#: Names that an exported folder consists of.
RELATION_FILES = (_TABLE, _MURATA, _PROVENANCE, *_LOADERS)

#: Unit, axes and a line about each array.
_COLUMNS = {
    "log10_m200c": ("log10 Msun", "m", "true M200c"),
    "redshift": ("", "z", "redshift"),
    "n_galaxies": ("", "n", "galaxies in the cylinder"),
    "log10_m_pred": ("log10 Msun", "p", "predicted M200c, the posterior's median"),
    "p_pred": ("1/dex", "m z p", "density of log10_m_pred of a cluster that can be weighed"),
    "p_pred_n": ("1/dex", "m z n p", "the same of a cluster with n_galaxies"),
    "p_n": ("", "m z n", "density of ln n_galaxies"),
    "completeness": ("", "m z", "share of clusters with galaxies enough to be weighed"),
    "mean_pred": ("log10 Msun", "m z", "mean of log10_m_pred"),
    "std_pred": ("dex", "m z", "standard deviation of log10_m_pred"),
    "mean_ln_n": ("", "m z", "mean of ln n_galaxies"),
    "std_ln_n": ("", "m z", "standard deviation of ln n_galaxies"),
    "correlation": ("", "m z", "of the residuals of log10_m_pred and ln n_galaxies"),
    "mean_error": ("dex", "m z", "error of mean_pred by the number of halos"),
    "shared_error": (
        "dex",
        "m z",
        "by how much all log10_m_pred of a survey may be off together, as counts above log10_m200c feel it",
    ),
}


def write_relation(directory: Path | str, relation: MassRelation, facts: Mapping[str, Any]) -> None:
    """Write the folder whole; `facts` are kept as its provenance.

    Raises
    ------
    ZwickyError
        If the folder holds other things.
    """
    directory = free_directory(directory, "an exported relation", RELATION_FILES)
    with whole_directory(directory) as inside:
        with h5py.File(inside / _TABLE, "w") as file:
            file.attrs["zwicky_mass_relation"] = SCHEMA
            for name, (unit, axes, about) in _COLUMNS.items():
                column = file.create_dataset(name, data=np.asarray(getattr(relation, name), dtype=float))
                column.attrs.update({"unit": unit, "axes": axes, "about": about})
        murata = tomli_w.dumps(murata_parameters(relation))
        (inside / _MURATA).write_text(murata, encoding="utf-8")
        for name in _LOADERS:
            source = files("zwicky.survey.for_cosmology") / name
            (inside / name).write_bytes(source.read_bytes())
        sums = {name: sha256_of(inside / name) for name in (_TABLE, _MURATA, *_LOADERS)}
        write_json(inside / _PROVENANCE, provenance(**facts, schema=SCHEMA, sha256=sums))


def read_relation(directory: Path | str) -> MassRelation:
    """Read what `write_relation` wrote.

    Parameters
    ----------
    directory
        That ``zwicky export`` made.

    Returns
    -------
    MassRelation
        Bit for bit what was measured.

    Raises
    ------
    ZwickyError
        If the folder holds none, or one of a newer version, or an array is missing or of another shape.

    Examples
    --------
    >>> read_relation("no_such_folder")
    Traceback (most recent call last):
    ...
    zwicky.errors.ZwickyError: no_such_folder/relation.hdf5: holds no mass relation ...
    """
    path = Path(directory) / _TABLE
    if not path.exists():
        raise ZwickyError(f"{path}: holds no mass relation (there is no such file); make it by zwicky export")
    try:
        with h5py.File(path) as file:
            schema = int(file.attrs["zwicky_mass_relation"])
            if schema > SCHEMA:
                raise ZwickyError(
                    f"{path}: has version {schema}, this zwicky reads {SCHEMA}; use a newer one"
                )
            arrays = {field.name: file[field.name][()] for field in fields(MassRelation)}
    except (OSError, KeyError) as error:
        reason = " ".join(str(error).split())[:120]
        raise ZwickyError(f"{path}: holds no mass relation ({reason}); make it by zwicky export") from error
    sizes = dict(zip("mznp", (len(arrays[name]) for name in list(_COLUMNS)[:4]), strict=True))
    for name, (_, axes, _) in _COLUMNS.items():
        shape = tuple(sizes[axis] for axis in axes.split())
        if arrays[name].shape != shape or not np.isfinite(arrays[name]).all():
            raise ZwickyError(f"{path}: {name} has no finite numbers of shape {shape}; export it again")
    return MassRelation(**arrays)


def murata_parameters(relation: MassRelation) -> dict[str, Any]:
    """Lines through the table, as crow's ``MurataBinned`` takes them (Murata et al. 2019, Eqs. 15-16).

    Mean and scatter of the natural logarithm of the predicted mass, and of the number of galaxies:
    ``mu0 + mu1 ln(M / M_pivot) + mu2 ln((1 + z) / (1 + z_pivot))``, and so for sigma.
    """
    mass, z = np.meshgrid(relation.log10_m200c, relation.redshift, indexing="ij")
    pivot_mass, pivot_z = float(relation.log10_m200c.mean()), float(np.median(relation.redshift))
    design = np.stack(
        [
            np.ones(mass.size),
            np.log(10.0) * (mass - pivot_mass).ravel(),
            np.log((1 + z) / (1 + pivot_z)).ravel(),
        ],
        axis=1,
    )
    out: dict[str, Any] = {"pivot_log_mass": pivot_mass, "pivot_redshift": pivot_z}
    out["correlation"] = float(relation.correlation.mean())
    for kind, mean, std in (
        ("predicted_mass", np.log(10.0) * relation.mean_pred, np.log(10.0) * relation.std_pred),
        ("n_galaxies", relation.mean_ln_n, relation.std_ln_n),
    ):
        lines = np.linalg.lstsq(design, np.stack([mean.ravel(), std.ravel()], axis=1), rcond=None)[0].T
        names = ("mu0", "mu1", "mu2", "sigma0", "sigma1", "sigma2")
        out[kind] = dict(zip(names, map(float, lines.ravel()), strict=True))
    return out
