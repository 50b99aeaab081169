"""Posteriors on disk: one safetensors file, every bit kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from zwicky.errors import ZwickyError
from zwicky.estimators.mass_posterior import MassPosterior
from zwicky.estimators.prior import Prior
from zwicky.io.files import written_whole

__all__ = ["read_posterior", "write_posterior"]


def write_posterior(path: Path | str, posterior: MassPosterior) -> None:
    """Write a posterior whole, the same bytes for the same posterior; names of clusters are not kept.

    Parameters
    ----------
    path
        Of the file; what stood there is replaced once the new one is complete.
    posterior
        What to write, prior included.

    Examples
    --------
    >>> from zwicky.estimators import load_model
    >>> posterior = load_model("posterior").predict(sample[:3])
    >>> write_posterior("masses.safetensors", posterior)
    >>> bool((read_posterior("masses.safetensors").median == posterior.median).all())
    True
    """
    arrays = {"log10_m200c": posterior.log10_m200c, "grid": posterior.grid}
    if posterior.has_width.any():
        arrays["log_density"] = posterior.log_density
    prior = posterior.prior
    arrays |= {"prior_grid": prior.grid, "prior_log_density": prior.log_density}
    arrays = {name: np.ascontiguousarray(values, dtype=float) for name, values in arrays.items()}
    with written_whole(path) as temporary:
        save_file(arrays, temporary, {"prior": prior.name})


def read_posterior(path: Path | str) -> MassPosterior:
    """Read what ``zwicky predict --posterior`` or `write_posterior` wrote.

    Parameters
    ----------
    path
        Of the file.

    Returns
    -------
    MassPosterior
        Bit for bit what was written, but for the names of clusters, which are not kept.

    Raises
    ------
    ZwickyError
        If the file is missing, damaged or no posterior.

    Examples
    --------
    >>> from zwicky.estimators import load_model
    >>> posterior = load_model("posterior").predict(sample[:3])
    >>> write_posterior("masses.safetensors", posterior)
    >>> bool((read_posterior("masses.safetensors").median == posterior.median).all())
    True
    """
    try:
        with safe_open(path, framework="numpy") as file:
            name = (file.metadata() or {})["prior"]
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
        point, grid = arrays["log10_m200c"], arrays["grid"]
        if grid.ndim != 1 or len(grid) < 2 or not np.all(np.diff(grid) > 0) or point.ndim != 1:
            raise ZwickyError(f"{path}: its masses are no rising grid; make it again")
        missing = np.broadcast_to(np.nan, (len(point), len(grid)))
        prior = Prior(name, arrays["prior_grid"], arrays["prior_log_density"])
        return MassPosterior(point, grid, arrays.get("log_density", missing), prior)
    except (SafetensorError, OSError, KeyError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ZwickyError(f"{path}: holds no posterior ({reason}); make it again") from error
