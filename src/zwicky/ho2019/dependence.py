"""Table 3 of a run: how every method's residuals depend on mass and richness (Ho et al. 2019, Sec. 5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zwicky.diagnostics.residuals import residuals
from zwicky.errors import ZwickyError
from zwicky.ho2019.paper import PAPER_RANGE_LOG10_M200C_H
from zwicky.ho2019.richness import PARAMETERS, RichnessData, richness_data
from zwicky.ho2019.richness_posterior import measure_richness
from zwicky.io.files import written_whole
from zwicky.progress import Progress, quiet
from zwicky.resume import digest_of, keep, kept
from zwicky.tables import ClusterSample

__all__ = ["measure_dependence"]


def measure_dependence(
    directory: Path | str,
    test: ClusterSample,
    masses: Mapping[str, np.ndarray],
    *,
    seed: int,
    workdir: Path | str,
    progress: Progress = quiet,
    max_steps: int = 20_000,
) -> dict[str, dict[str, Any]]:
    """Measure Table 3 for every method, and write ``table3.npz`` with posterior samples.

    Parameters
    ----------
    directory
        Where ``table3.npz`` goes: an array of shape (n, 5) a method, and the names of the columns,
        ``parameters``.
    test
        Test clusters with true masses and numbers of true members.
    masses
        Each method's log10 M200c in Msun/h, shape (n_test,), from `masses_h`.
    seed
        Seed of the walks and the bootstraps; every method has the same.
    workdir
        Keeps each method as it is done; a call that finds it there, from the same residuals and seed, does
        not sample again.
    progress
        Called with the step, methods done, methods in all and the method.
    max_steps
        As for `zwicky.ho2019.richness_posterior.measure_richness`.

    Returns
    -------
    dict
        A row a method, see `measure_richness`; methods with fewer than ten masses are left out.
    """
    workdir = Path(workdir)
    true = test.log10_m200c_h
    low, high = PAPER_RANGE_LOG10_M200C_H
    inside = (true >= low) & (true <= high)
    table, posterior = {}, {}
    for number, (name, predicted) in enumerate(masses.items()):
        progress("table 3", number, len(masses), name)
        epsilon = residuals(predicted, true)[inside]
        try:
            data = richness_data(epsilon, true[inside], test.n_true[inside], test.halo_id[inside])
        except ZwickyError:
            continue  # too few clusters have a mass by this method
        table[name], posterior[name] = _measured(workdir / f"{name}.safetensors", data, seed, max_steps)
    with written_whole(Path(directory) / "table3.npz") as temporary, open(temporary, "wb") as file:
        np.savez(file, parameters=np.array(PARAMETERS), **posterior)
    progress("table 3", len(masses), len(masses), "done")
    return table


def _measured(path: Path, data: RichnessData, seed: int, max_steps: int) -> tuple[dict[str, Any], np.ndarray]:
    """A method's row and samples, from disk if they are there."""
    digest = digest_of(seed, max_steps, data.pivot_log10_m200c_h, *data.columns, data.halo_id)
    if (stored := kept(path, digest)) is not None:
        return stored[1]["row"], stored[0]["samples"]
    row, samples = measure_richness(data, seed=seed, max_steps=max_steps)
    keep(path, digest, {"samples": samples}, {"row": row})
    return row, samples
