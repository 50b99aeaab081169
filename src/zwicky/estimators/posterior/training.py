"""Training of the posterior: new survey conditions for every cluster in every epoch."""

from __future__ import annotations

import dataclasses
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from zwicky.estimators.posterior.histogram import phase_space_histogram
from zwicky.estimators.posterior.mixture import to_unit_density, to_unit_mass
from zwicky.estimators.posterior.network import EnsembleNetwork, member_loss, mixture_loss
from zwicky.estimators.posterior.settings import PosteriorSettings
from zwicky.estimators.posterior.told import conditions as conditions_told
from zwicky.mocks.conditions import Conditions, ObservedViews, draw_conditions, observe
from zwicky.mocks.deep import DeepViews
from zwicky.progress import Progress, quiet
from zwicky.resume import keep, kept

__all__ = ["Looks", "look", "train_networks"]

#: Looks at the clusters of validation.
_CHECKS = 4


@dataclasses.dataclass(frozen=True, eq=False)
class Looks:
    """One epoch's clusters as the network takes them.

    Parameters
    ----------
    view : int64, shape (n,)
        Row of the deep views.
    conditions : float32, shape (n, c)
    aperture_mpc_h : shape (n,)
    offsets : int64, shape (n + 1,)
    r_mpc_h, v_los : float32, shape (n_galaxies,)
    is_member : bool, shape (n_galaxies,)
    log10_m200c_h, log10_density : shape (n,)
        What is to be told: mass in Msun/h, density of the tracers in (h/Mpc)^3.
    """

    view: np.ndarray
    conditions: np.ndarray
    aperture_mpc_h: np.ndarray
    offsets: np.ndarray
    r_mpc_h: np.ndarray
    v_los: np.ndarray
    is_member: np.ndarray
    log10_m200c_h: np.ndarray
    log10_density: np.ndarray

    def histogram(self) -> np.ndarray:
        """`phase_space_histogram` of all galaxies, float32, shape (n, N_CELLS)."""
        return phase_space_histogram(self.r_mpc_h, self.v_los, self.offsets)

    def tensors(self) -> tuple[torch.Tensor, ...]:
        """Histogram, conditions, mass and density in the network's units, histogram of members."""
        members = phase_space_histogram(self.r_mpc_h, self.v_los, self.offsets, self.is_member)
        mass, density = to_unit_mass(self.log10_m200c_h), to_unit_density(self.log10_density)
        arrays = (self.histogram(), self.conditions, mass, density, members)
        return tuple(torch.from_numpy(np.asarray(x, dtype=np.float32)) for x in arrays)


def look(
    views: DeepViews, rows: np.ndarray, settings: PosteriorSettings, *, rng: np.random.Generator
) -> Looks:
    """Observe views under conditions drawn now."""
    drawn = draw_conditions(views, rows, settings.survey, rng=rng)
    seen = observe(views, rows, drawn, settings.survey, seed=int(rng.integers(2**62)))
    told = rng.random(len(seen)) < settings.error_known
    return as_looks(views, drawn, seen, told)


def as_looks(views: DeepViews, drawn: Conditions, seen: ObservedViews, error_told: np.ndarray) -> Looks:
    """What the network is given of an observation."""
    i = seen.look
    aperture = drawn.aperture_mpc_h[i]
    known = conditions_told(
        seen.n_galaxies,
        drawn.redshift[i],
        aperture,
        np.where(error_told, drawn.redshift_error_kms[i], np.nan),
        np.where(drawn.tracer_known[i] > 0, drawn.tracer[i], -1),
        drawn.recentred[i] > 0,
        drawn.centre_error_kms[i],
    )
    return Looks(
        view=seen.row,
        conditions=known,
        aperture_mpc_h=aperture,
        offsets=seen.offsets,
        r_mpc_h=seen.r_mpc_h,
        v_los=seen.v_los,
        is_member=seen.is_member,
        log10_m200c_h=seen.log10_m200c_h,
        log10_density=seen.log10_density,
    )


def balanced_rows(views: DeepViews, settings: PosteriorSettings, *, rng: np.random.Generator) -> np.ndarray:
    """As many rows as there are views inside the range of mass, drawn so that mass and output are even."""
    low, high = settings.range_log10_m200c_h
    mass = views.log10_m200c_h
    inside = np.flatnonzero((mass >= low) & (mass < high))
    bins = np.floor((mass[inside] - low) / 0.1).astype(np.int64)
    cell = np.unique(views.redshift[inside], return_inverse=True)[1] * 1000 + bins
    _, inverse, counts = np.unique(cell, return_inverse=True, return_counts=True)
    weight = 1.0 / counts[inverse]
    # Scarce cells are not repeated without limit: few halos would be learned by heart.
    weight = np.minimum(weight, 20.0 * np.median(weight))
    edges = np.cumsum(weight) / weight.sum()
    n = len(inside)
    picked = np.searchsorted(edges, (np.arange(n) + rng.random(n)) / n).clip(max=n - 1)
    return inside[rng.permutation(picked)]


def train_networks(
    views: DeepViews,
    settings: PosteriorSettings,
    *,
    rng: np.random.Generator,
    validation: DeepViews | None = None,
    checkpoint: Path | None = None,
    digest: str = "",
    progress: Progress = quiet,
) -> tuple[dict[str, np.ndarray], dict[str, list[float]]]:
    """Weights of the ensemble, and loss curves.

    Parameters
    ----------
    views
        Training clusters.
    settings
        Network, training, survey conditions.
    rng
        One number is drawn from it, the seed of everything random in training.
    validation
        Clusters for the validation curve, which chooses nothing.
    checkpoint, digest
        File for the state after every epoch, and what it belongs to: a call that finds its own continues it.
    progress
        Called after every epoch.
    """
    seed = int(rng.integers(2**62))
    device = torch.device(
        ("cuda" if torch.cuda.is_available() else "cpu") if settings.device == "auto" else settings.device
    )
    torch.manual_seed(seed)
    if device.type == "cpu":
        torch.set_num_threads(1)  # two threads wait for each other longer than they work
    network = EnsembleNetwork(settings).to(device)
    streams = np.random.SeedSequence(seed).spawn(settings.epochs + 2)
    # Each member sees halos with weights of its own (Rubin 1981): the ensemble's spread holds the sample's.
    halos, halo_of = np.unique(np.stack([views.universe, views.halo_id], axis=1), axis=0, return_inverse=True)
    bayesian = np.random.default_rng(streams[-1]).exponential(size=(settings.members, len(halos)))
    member_weight = torch.from_numpy(bayesian.astype(np.float32)).to(device)
    halo_of = halo_of.reshape(-1)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    curves: dict[str, list[float]] = {"train": [], "validation": []}
    first = 0
    if checkpoint is not None and (found := kept(checkpoint, digest)) is not None:
        first = _restore(network, optimiser, *found)
        curves = found[1]["curves"]

    def prepare(epoch: int) -> tuple[Looks, tuple[torch.Tensor, ...]]:
        own = np.random.default_rng(streams[epoch])
        looks = look(views, balanced_rows(views, settings, rng=own), settings, rng=own)
        return looks, looks.tensors()

    checked = None
    if validation is not None:
        own = np.random.default_rng(streams[-2])
        checked = [
            look(validation, balanced_rows(validation, settings, rng=own), settings, rng=own).tensors()
            for _ in range(_CHECKS)
        ]
    low, high = (float(to_unit_mass(x)) for x in settings.range_log10_m200c_h)

    def losses(histogram, known, mass, density, members):
        raw, logit = network(histogram, known)
        return mixture_loss(raw, mass, density, low, high), member_loss(logit, members, histogram)

    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(prepare, first) if first < settings.epochs else None
        for epoch in range(first, settings.epochs):
            looks, tensors = coming.result()
            coming = ahead.submit(prepare, epoch + 1) if epoch + 1 < settings.epochs else None
            network.train()
            order = _batches(len(looks.view), settings, np.random.default_rng(streams[epoch].spawn(1)[0]))
            summed = torch.zeros((), device=device)
            for step, rows in enumerate(order):
                loss, other = losses(*(x[rows].to(device) for x in tensors))
                weight = member_weight[:, halo_of[looks.view[rows]]]
                objective = (weight * (loss + settings.member_weight * other)).mean(1).sum()
                for group in optimiser.param_groups:
                    group["lr"] = settings.learning_rate * _rate(epoch + step / len(order), settings.epochs)
                optimiser.zero_grad(set_to_none=True)
                objective.backward()
                norm = torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0 * settings.members)
                if bool(torch.isfinite(norm)):
                    optimiser.step()
                summed += loss.detach().mean()
            curves["train"].append(float(summed) / len(order))
            if checked is not None and (epoch % 5 == 4 or epoch + 1 == settings.epochs):
                network.eval()
                with torch.no_grad():
                    found = [losses(*(x.to(device) for x in part))[0].mean(1) for part in checked]
                curves["validation"].append(float(torch.stack(found).mean()))
            if checkpoint is not None:
                facts = {"curves": curves, "epochs": epoch + 1}
                keep(checkpoint, digest, _state(network, optimiser), facts, durable=False)
            last = f", {curves['validation'][-1]:.4f} validation" if curves["validation"] else ""
            progress("epoch", epoch + 1, settings.epochs, f"loss {curves['train'][-1]:.4f}{last}")
    weights = {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}
    return weights, curves


#: What Adam knows of each weight.
_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


def _state(network: EnsembleNetwork, optimiser: torch.optim.AdamW) -> dict[str, np.ndarray]:
    """Weights, and the optimiser's moments of each, by name."""
    state = {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}
    for name, weight in network.named_parameters():
        for moment in _MOMENTS:
            state[f"{moment} {name}"] = optimiser.state[weight][moment].cpu().numpy()
    return state


def _restore(network: EnsembleNetwork, optimiser: torch.optim.AdamW, state, facts) -> int:
    """Put back what `_state` took; returns the finished epochs."""
    network.load_state_dict({name: torch.from_numpy(state[name]) for name in network.state_dict()})
    for name, weight in network.named_parameters():
        moments = {moment: torch.from_numpy(state[f"{moment} {name}"]) for moment in _MOMENTS}
        optimiser.state[weight] = {k: v if k == "step" else v.to(weight.device) for k, v in moments.items()}
    return facts["epochs"]


def _rate(done: float, epochs: int) -> float:
    """Learning rate over its largest value after `done` of `epochs`: a warm start, then half a cosine."""
    return min(1.0, (done + 0.05) / 2.0) * 0.5 * (1.0 + math.cos(math.pi * min(1.0, done / epochs))) + 1e-3


def _batches(n: int, settings: PosteriorSettings, rng: np.random.Generator) -> list[np.ndarray]:
    """Rows of each step of an epoch."""
    steps = max(1, n // settings.batch)
    return [rows for _ in range(settings.passes) for rows in np.array_split(rng.permutation(n), steps)]
