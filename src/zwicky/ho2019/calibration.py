"""Do intervals hold? The run's test clusters by the posteriors that ship, beside the run's own methods.

A shipped posterior has never seen this universe. It is told what is true of a mock (the centre is exact,
redshifts have no error, tracers are all galaxies, the cylinder's aperture), and averages over what it cannot
know of a sky; the run's own methods were trained in this universe and nowhere else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from zwicky.diagnostics import LEVELS
from zwicky.estimators import (
    ConditionalEstimator,
    MassPosterior,
    MSigma,
    estimator_class,
    load_model,
    read_provenance,
    shipped_models,
)
from zwicky.evaluation.by_fold import FoldModels, fold_models, fold_relations
from zwicky.evaluation.calibration import Bin, calibration, reweighed, sample_prior, with_errors_of_training
from zwicky.evaluation.crossval import CrossValidation
from zwicky.mocks import Mocks
from zwicky.survey.priors import mass_function_prior
from zwicky.tables import ClusterSample
from zwicky.units import log10_msun_h

__all__ = ["measure_calibration", "sample_cluster_row"]

#: Training clusters that a slow method weighs for its errors.
_OF_SLOW = 600

#: The posterior's percentiles that are kept of the sample cluster.
_PERCENTILES = {"p025": 0.025, "p16": 0.16, "median": 0.5, "p84": 0.84, "p975": 0.975}


def sample_cluster_row(test: ClusterSample) -> int:
    """The test cluster that is weighed before the reader's eyes: the one nearest to 10^14.5 Msun/h."""
    return int(np.argmin(np.abs(test.log10_m200c_h - 14.5)))


def measure_calibration(
    mocks: Mocks,
    crossed: Mapping[str, CrossValidation],
    relations: Mapping[str, MSigma],
    *,
    seed: int,
) -> dict[str, Any]:
    """Coverage of every method's posteriors, and what each says of the sample cluster.

    Parameters
    ----------
    mocks
        What was weighed.
    crossed
        Each method's cross-validation, with its folds' models on disk.
    relations
        From `fit_relations`, for its settings: the one of the contaminated catalogue is judged.
    seed
        Of the bootstrap, and of the training clusters that a slow method weighs.

    Returns
    -------
    dict
        ``levels`` of the intervals; ``models``, the checksum of each shipped posterior's weights; ``rows``,
        one a method and prior: its `Coverage`, ``n_left_out``, ``by_richness`` and ``by_mass``; ``cluster``,
        the sample cluster with ``rows`` of percentiles. Masses are log10 of Msun/h.
    """
    test = mocks.test
    stream = np.random.SeedSequence(seed, spawn_key=(8,)).generate_state(1, np.uint64)[0]
    row = sample_cluster_row(test)
    rows, of_cluster = [], []
    for name, prior, posterior in _posteriors(mocks, crossed, relations, int(stream)):
        whole, by_richness, by_mass = calibration(posterior, test, seed=int(stream))
        which = {"method": name, "prior": prior}
        rows.append(
            which
            | dataclasses.asdict(whole)
            | {
                "n_left_out": len(test) - whole.n,
                "by_richness": [_bin(found) for found in by_richness],
                "by_mass": [_bin(found) for found in by_mass],
            }
        )
        of_cluster.append(which | _percentiles(posterior[row], test.cosmology.h))
    return {
        "levels": list(LEVELS),
        "models": {
            name: read_provenance(name)["sha256"].get("weights.safetensors", "")
            for name, _ in _shipped_posteriors()
            if any(found["method"] == name for found in rows)
        },
        "rows": rows,
        "cluster": {
            "cluster_id": int(test.cluster_id[row]),
            "redshift": float(test.redshift[row]),
            "n_galaxies": int(test.n_galaxies[row]),
            "log10_m200c_h": float(test.log10_m200c_h[row]),
            "rows": of_cluster,
        },
    }


def _posteriors(
    mocks: Mocks, crossed: Mapping[str, CrossValidation], relations: Mapping[str, MSigma], seed: int
) -> Iterator[tuple[str, str, MassPosterior]]:
    """Method, prior and posteriors of all test clusters, one at a time: they are large."""
    test = mocks.test
    for name, model in _shipped_posteriors():
        flat = _weighed(model, test)
        if not flat.has_width.any():
            continue  # not for this aperture
        own = sample_prior(test, flat.grid)
        yield name, "flat", flat
        yield name, "sample", reweighed(flat, own)
        counted = _weighed(model, test, with_counts=True)
        if counted.has_width.any():
            yield name, "sample, counts", reweighed(counted, own)
        yield name, "hmf", reweighed(flat, mass_function_prior(test, flat.grid))
    relation = fold_relations(mocks.train, relations["contaminated"].settings, test.fold)
    yield "m_sigma_contaminated", "training", _own(relation.weigh(test), relation, mocks, seed, slow=False)
    for name, result in crossed.items():
        if result.posterior.has_width.any():
            yield name, result.posterior.prior.name, result.posterior
        else:
            slow = estimator_class(name).is_slow
            yield name, "training", _own(result.log10_m200c, fold_models(result), mocks, seed, slow=slow)


def _shipped_posteriors() -> Iterator[tuple[str, ConditionalEstimator]]:
    for name in shipped_models():
        model = load_model(name)
        if isinstance(model, ConditionalEstimator):
            yield name, model


def _weighed(model: ConditionalEstimator, test: ClusterSample, with_counts: bool = False) -> MassPosterior:
    """By kinematics, or with the number of galaxies too, whose density is that of the run's tracers.

    Rows that cannot be weighed have no width.
    """
    sound = np.ones(len(test), dtype=bool)
    sound[list(model.faults(test))] = False
    if with_counts:
        sound &= test.tracer_density > 0
    if not sound.any():
        return MassPosterior.from_points(np.full(len(test), np.nan))
    seen = test[sound]
    if with_counts:
        log10_density = np.log10(seen.tracer_density / test.cosmology.h**3)
        weighed = model.mass_posterior(model.joint(seen).given_density(log10_density, 0.0)[1], seen)
    else:
        weighed = model.predict(seen)
    return weighed.spread(np.flatnonzero(sound), len(test))


def _own(
    log10_m200c: np.ndarray, models: FoldModels, mocks: Mocks, seed: int, *, slow: bool
) -> MassPosterior:
    some = {"n_clusters": _OF_SLOW, "rng": np.random.default_rng(seed)} if slow else {}
    return with_errors_of_training(log10_m200c, mocks.test, models, mocks.train, **some)


def _bin(found: Bin) -> dict[str, Any]:
    """A bin without its histogram, which would be of too few clusters."""
    values = dataclasses.asdict(found.coverage)
    del values["pit"], values["pit_error"]
    return {"low": found.low, "high": found.high, **values}


def _percentiles(one: MassPosterior, h: float) -> dict[str, float]:
    values = one.quantile(list(_PERCENTILES.values()))[0]
    if not one.has_width[0]:
        values = np.where(np.array(list(_PERCENTILES)) == "median", one.log10_m200c, np.nan)
    return {name: float(log10_msun_h(value, h)) for name, value in zip(_PERCENTILES, values, strict=True)}
