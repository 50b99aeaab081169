"""`Posterior`: what an observer should use. Masses conditional on how a cluster was observed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from zwicky.estimators.conditional import ConditionalEstimator, Reading
from zwicky.estimators.forward import check_weights
from zwicky.estimators.mass_posterior import MassPosterior, mass_grid
from zwicky.estimators.posterior.calibration import Calibration
from zwicky.estimators.posterior.forward import Output, network_output, weight_shapes
from zwicky.estimators.posterior.histogram import at_galaxies, phase_space_histogram
from zwicky.estimators.posterior.mixture import Mixture, unpack
from zwicky.estimators.posterior.settings import PosteriorSettings
from zwicky.estimators.posterior.told import conditions
from zwicky.estimators.posterior.unlike import Unlike
from zwicky.estimators.training import Losses, TrainingRange
from zwicky.progress import Progress, quiet
from zwicky.resume import digest_of
from zwicky.settings import from_mapping, to_mapping
from zwicky.tables import TRACERS, ClusterSample, Cylinder
from zwicky.units import log10_msun_h, mpc_h
from zwicky.velocities import compose, median_velocities

if TYPE_CHECKING:
    from zwicky.mocks.deep import DeepViews
    from zwicky.mocks.survey_settings import SurveySettings

__all__ = ["Posterior"]

#: Prefix, among a model's arrays, of those that tell odd clusters.
_UNLIKE = "unlike."

#: Looks at each held-out view that a calibration rests on.
_LOOKS = 8


class Posterior(ConditionalEstimator):
    """p(log10 M200c, log10 n | galaxies, conditions) by networks with mixture densities.

    n is the comoving number density of tracers like the cluster's galaxies. The prior is flat in both
    logarithms; unless n is told, the mass is the marginal, which the number of galaxies says nothing to:
    kinematics alone. The network is told the number of galaxies, the redshift, the radius reached, the
    redshift errors, the kind of tracer and the error of the cluster's own velocity; where one is not known,
    and in everything else of `SurveySettings`, what it learned from is an average over the settings' ranges.

    Where the centre's velocity has no known error, velocities are put on the median of the inner galaxies.

    Parameters
    ----------
    settings : PosteriorSettings, optional
        Network, training, and the ranges of what galaxies do that it averages over.

    Examples
    --------
    >>> from zwicky.estimators import load_model
    >>> model = load_model("posterior")
    >>> masses = model.predict(sample[:3])
    >>> masses.median.shape, bool((masses.std > 0.05).all())
    ((3,), True)
    """

    name: ClassVar[str] = "posterior"
    about: ClassVar[str] = (
        "Posterior of log10 M200c and of the tracers' density, conditional on how a cluster was observed: an "
        "ensemble of networks on phase-space histograms with mixture densities (Bishop 1994), distilled into "
        "one (Hinton et al. 2015), trained on survey conditions that are drawn anew in every epoch."
    )
    settings_class: ClassVar[type] = PosteriorSettings
    own_process: ClassVar[bool] = True
    min_galaxies: ClassVar[int] = 4

    def __init__(self, settings: PosteriorSettings | None = None):
        super().__init__(settings)
        self.calibration = Calibration()
        self._weights: dict[str, np.ndarray] = {}
        self._unlike: Unlike | None = None

    @property
    def is_fitted(self) -> bool:
        """Whether it can predict."""
        return bool(self._weights)

    @property
    def range_log10_m200c_h(self) -> tuple[float, float]:
        """Masses in log10 Msun/h that its flat prior covers."""
        low, high = self.settings.range_log10_m200c_h
        return low, high

    @property
    def survey(self) -> SurveySettings:
        """What galaxies are and how they are observed in what it learns from."""
        return self.settings.survey

    @property
    def steps(self) -> int:
        """Epochs."""
        return self.settings.epochs + self.settings.distilled_epochs

    def fit(
        self,
        sample: ClusterSample,
        *,
        rng: np.random.Generator,
        validation: ClusterSample | None = None,
        checkpoint: Path | None = None,
        progress: Progress = quiet,
    ) -> Posterior:
        """Learn from cylinders that are as they are: their galaxies are thinned, never added to.

        Widths are as the networks have them until `calibrate_views`. `fit_views` learns from deep views,
        which hold what a survey may lose; the ensemble that ships did.
        """
        from zwicky.mocks.deep import views_of_sample

        self._learn_of(sample)
        other = None if validation is None else views_of_sample(validation)
        return self._fit(views_of_sample(sample), rng, other, checkpoint, progress)

    def fit_views(
        self,
        views: DeepViews,
        *,
        rng: np.random.Generator,
        validation: DeepViews | None = None,
        checkpoint: Path | None = None,
        progress: Progress = quiet,
    ) -> Posterior:
        """Learn from deep views, observed anew in every epoch; see `fit` for the rest."""
        survey = self.settings.survey
        self.cylinder = Cylinder(survey.aperture_mpc_h[1], survey.v_cut_kms, h=1.0)
        low, high = self.settings.range_log10_m200c_h
        mass = views.log10_m200c_h[(views.log10_m200c_h >= low) & (views.log10_m200c_h <= high)]
        self.training = TrainingRange(
            n_clusters=len(mass),
            log10_m200c_h=(float(mass.min()), float(mass.max())),
            redshift=(0.003, float(views.redshift.max())),
            n_galaxies=(float(survey.n_min), float(survey.n_max)),
            sigma_v_kms=(0.0, survey.v_cut_kms),
            source=f"{len(np.unique(views.universe))} universes",
        )
        return self._fit(views, rng, validation, checkpoint, progress)

    def _fit(self, views, rng, validation, checkpoint, progress) -> Posterior:
        from zwicky.extras import require

        require("torch", "train", f"training {self.name}")
        from zwicky.estimators.posterior.distil import distil
        from zwicky.estimators.posterior.training import train_networks

        def tell(before: int) -> Progress:
            return lambda stage, done, total, text="": progress(stage, before + done, self.steps, text)

        digest = self._digest(views)
        weights, curves = train_networks(
            views,
            self.settings,
            rng=rng,
            validation=validation,
            checkpoint=checkpoint,
            digest=digest,
            progress=tell(0),
        )
        if self.settings.distilled_epochs:
            weights, more = distil(
                weights,
                views,
                self.settings,
                rng=rng,
                validation=validation,
                checkpoint=None
                if checkpoint is None
                else checkpoint.with_name(f"{checkpoint.name}-distilled"),
                digest=digest,
                progress=tell(self.settings.epochs),
            )
            curves = {name: curves[name] + more[name] for name in curves}
        self._weights = weights
        self.losses = Losses(**curves)
        self.calibration, self._unlike = Calibration(), None
        return self

    def calibrate_views(
        self, views: DeepViews, *, rng: np.random.Generator, floor_dex: float = 0.0
    ) -> dict[str, Any]:
        """Fit widths, memberships and what is odd to views of halos that nothing was trained on."""
        self._require_fitted()
        from zwicky.estimators.posterior.calibrate import fit_calibration
        from zwicky.estimators.posterior.looks import balanced_rows, look

        rows = np.concatenate([balanced_rows(views, self.settings, rng=rng) for _ in range(_LOOKS)])
        seen = look(views, rows, self.settings, rng=rng)
        output = network_output(self._weights, seen.histogram(), seen.conditions, with_maps=True)
        self.calibration = fit_calibration(
            unpack(output.mixture, *self.range_log10_m200c_h),
            seen.log10_m200c_h,
            seen.log10_density,
            _mean_probability(output, seen.r_mpc_h, seen.v_los, seen.offsets),
            seen.is_member,
            floor_dex=floor_dex,
        )
        counts = np.diff(seen.offsets)
        enough = counts >= self.min_galaxies
        self._unlike = Unlike.fit(_mean_score(output)[enough], seen.conditions[enough])
        return {"held_out": len(seen.view), **to_mapping(self.calibration)}

    def faults(self, sample: ClusterSample) -> dict[int, str]:
        """Rows with too few galaxies, or observed in a way that is not the network's."""
        found = {
            int(row): f"has {sample.n_galaxies[row]} galaxies; give at least {self.min_galaxies}"
            for row in np.flatnonzero(sample.n_galaxies < self.min_galaxies)
        }
        low, high = self.settings.survey.aperture_mpc_h
        reach = mpc_h(self._aperture(sample), sample.cosmology.h)
        for row in np.flatnonzero((reach < 0.99 * low) | (reach > 1.01 * high)):
            found[int(row)] = (
                f"was observed out to {reach[row]:.3g} comoving Mpc/h; the network knows {low:g} to "
                f"{high:g}: cut it there"
            )
        looked = self.settings.survey.v_cut_kms
        for row in np.flatnonzero(np.abs(sample.v_cut_kms / looked - 1.0) > 0.01):
            found[int(row)] = (
                f"was cut at v_cut_kms = {sample.v_cut_kms[row]:g}, the estimator looks at {looked:g}; "
                "cut it again"
            )
        learned = [TRACERS.index(kind) for kind in self.survey.kinds if self.survey.tracer_known > 0]
        told = _told_tracer(sample)
        for row in np.flatnonzero((told >= 0) & ~np.isin(told, learned)):
            found.setdefault(
                int(row),
                f"is said to be of {TRACERS[told[row]]} galaxies, which the network never saw; leave the "
                "kind out, or give a model that learned of them",
            )
        return found

    def predict(self, sample: ClusterSample) -> MassPosterior:
        """Posteriors of the mass under a flat prior in log10 M, nothing known of the tracers' density.

        Rows whose `tracer_density` is known are still weighed by kinematics alone: see `given_density`.
        """
        return self.mass_posterior(self.joint(sample), sample)

    def read(self, sample: ClusterSample) -> Reading:
        """Joint densities, widened as calibrated, and `p_unlike`, NaN of a model that is not calibrated."""
        self._require_sound(sample)
        seen = self._seen(sample)
        output = network_output(self._weights, seen.histogram(), seen.conditions)
        mixture = self.calibration.apply(unpack(output.mixture, *self.range_log10_m200c_h))
        p_unlike = np.full(len(sample), np.nan)
        if self._unlike is not None:
            p_unlike = self._unlike.p_value(_mean_score(output), seen.conditions)
        return Reading(mixture, p_unlike)

    def mass_posterior(self, mixture: Mixture, sample: ClusterSample) -> MassPosterior:
        """The marginal of the mass on the grid that all estimators share."""
        grid = mass_grid()
        density = mixture.log_mass_density(log10_msun_h(grid, sample.cosmology.h))
        return MassPosterior.from_log_density(density, grid=grid, cluster_id=sample.cluster_id)

    def membership(self, sample: ClusterSample) -> np.ndarray:
        """Probability of each galaxy to lie inside r200c in space, float64, shape (n_galaxies,)."""
        self._require_sound(sample)
        seen = self._seen(sample)
        output = network_output(self._weights, seen.histogram(), seen.conditions, with_maps=True)
        return self.calibration.membership(
            _mean_probability(output, seen.r_mpc_h, seen.v_los, sample.offsets)
        )

    def _require_sound(self, sample: ClusterSample) -> None:
        self._require_fitted()
        self._refuse_faults(sample)

    def conditions(self, sample: ClusterSample) -> np.ndarray:
        """What the network is told of clusters beside their galaxies, float32, shape (n, c), in its units."""
        self._require_fitted()
        return self._conditions(sample, mpc_h(self._aperture(sample), sample.cosmology.h))

    @staticmethod
    def _conditions(sample: ClusterSample, aperture_mpc_h: np.ndarray) -> np.ndarray:
        return conditions(
            sample.n_galaxies,
            sample.redshift,
            aperture_mpc_h,
            sample.redshift_error_kms,
            _told_tracer(sample),
            ~np.isfinite(sample.centre_error_kms),
            np.nan_to_num(sample.centre_error_kms),
        )

    def _seen(self, sample: ClusterSample) -> _Seen:
        h = sample.cosmology.h
        reach = mpc_h(self._aperture(sample), h)
        r = mpc_h(sample.r_proj_comoving, h).astype(np.float32)
        recentred = ~np.isfinite(sample.centre_error_kms)
        v = sample.v_los
        if recentred.any():
            shift = median_velocities(sample.offsets, r, v, reach, self.settings.survey.v_cut_kms)
            v = compose(v, np.repeat(np.where(recentred, shift, 0.0), sample.n_galaxies)).astype(np.float32)
        return _Seen(r, v, sample.offsets, self._conditions(sample, reach))

    def _aperture(self, sample: ClusterSample) -> np.ndarray:
        """Radius that each row reaches, comoving Mpc: as said, the cylinder's, or where galaxies end."""
        whole = self.cylinder.in_h(sample.cosmology.h).aperture_mpc
        said = np.where(np.isfinite(sample.aperture_mpc), sample.aperture_mpc, whole)
        counts = np.maximum(sample.n_galaxies, 1)
        outermost = np.zeros(len(sample))
        filled = sample.n_galaxies > 0
        if filled.any():
            outermost[filled] = np.maximum.reduceat(sample.r_proj_comoving, sample.offsets[:-1][filled])
        # Galaxies spread over the aperture would all end so far inside with a chance of one in ten thousand.
        with np.errstate(divide="ignore"):
            early = counts * np.log(np.maximum(outermost, 1e-9) / said) < -9.0
        low = self.settings.survey.aperture_mpc_h[0] / sample.cosmology.h
        return np.where(early & filled, np.maximum(outermost * (1.0 + 1.0 / counts), low), said)

    def weights(self) -> dict[str, np.ndarray]:
        """The ensemble's weights by name, and what is known of odd clusters."""
        odd = {} if self._unlike is None else self._unlike.arrays()
        return self._weights | {f"{_UNLIKE}{name}": values for name, values in odd.items()}

    def numbers(self) -> dict[str, Any]:
        """How raw densities are widened."""
        return {"calibration": to_mapping(self.calibration)}

    def restore(self, numbers: Mapping[str, Any], weights: Mapping[str, np.ndarray]) -> None:
        """Take back what `numbers` and `weights` gave."""
        odd = {k.removeprefix(_UNLIKE): v for k, v in weights.items() if k.startswith(_UNLIKE)}
        network = {name: values for name, values in weights.items() if not name.startswith(_UNLIKE)}
        self._weights = check_weights(network, weight_shapes(self.settings), self.name)
        self._unlike = Unlike.of(odd) if odd else None
        self.calibration = from_mapping(Calibration, numbers["calibration"], "calibration")

    def __repr__(self) -> str:
        if not self.is_fitted:
            return "<Posterior: not trained>"
        low, high = self.training.log10_m200c_h
        networks = f"{self.settings.members} networks"
        if self.settings.distilled_epochs:
            networks = f"one network that learned from {networks}"
        return (
            f"<Posterior: {networks} trained on {self.training.n_clusters} clusters, log10 M200c [Msun/h] "
            f"{low:.2f} to {high:.2f}, z <= {self.training.redshift[1]:.2f}>"
        )

    def _digest(self, views: DeepViews) -> str:
        arrays = [np.asarray(getattr(views, field.name)) for field in dataclasses.fields(views)]
        return digest_of(to_mapping(self.settings), *arrays)


@dataclasses.dataclass(frozen=True, eq=False)
class _Seen:
    """A sample as the network takes it, in Mpc/h and km/s."""

    r_mpc_h: np.ndarray
    v_los: np.ndarray
    offsets: np.ndarray
    conditions: np.ndarray

    def histogram(self) -> np.ndarray:
        return phase_space_histogram(self.r_mpc_h, self.v_los, self.offsets)


def _told_tracer(sample: ClusterSample) -> np.ndarray:
    """Row of `TRACERS` of each cluster, -1 if not known; satellites are as all galaxies."""
    return np.where(sample.tracer >= 3, 0, sample.tracer)


def _mean_score(output: Output) -> np.ndarray:
    return output.score.astype(float).mean(axis=0)


def _mean_probability(output: Output, r_mpc_h, v_los, offsets) -> np.ndarray:
    """The networks' mean probability of each galaxy to lie inside r200c, shape (n_galaxies,)."""
    assert output.maps is not None
    logits = np.stack([at_galaxies(maps, r_mpc_h, v_los, offsets) for maps in output.maps])
    return (1.0 / (1.0 + np.exp(-logits.astype(float)))).mean(axis=0)
