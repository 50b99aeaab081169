"""Training of the posterior: new survey conditions for every cluster in every epoch."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from zwicky.estimators.posterior.evenness import Evenness
from zwicky.estimators.posterior.faults import spoil
from zwicky.estimators.posterior.looks import Lesson, Looks, balanced_rows, look
from zwicky.estimators.posterior.mixture import to_unit_mass
from zwicky.estimators.posterior.network import EnsembleNetwork, judge_loss, member_loss, mixture_loss
from zwicky.estimators.posterior.settings import PosteriorSettings
from zwicky.mocks.deep import DeepViews, halo_numbers
from zwicky.progress import Progress, quiet
from zwicky.resume import digest_of, keep, kept

__all__ = ["train_networks"]

#: Looks at the clusters of validation, and looks by which masses are made even.
_CHECKS, _EVEN = 4, 6


def train_networks(
    views: DeepViews,
    settings: PosteriorSettings,
    *,
    rng: np.random.Generator,
    validation: DeepViews | None = None,
    teacher: Callable[[Looks, np.random.Generator], Lesson] | None = None,
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
    teacher
        Says what is to be learned of looks; by default the truth.
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
    streams = np.random.SeedSequence(seed).spawn(settings.epochs + 3)
    # Each member sees halos with weights of its own (Rubin 1981): the ensemble's spread holds the sample's.
    halo_of = halo_numbers(views)
    bayesian = np.random.default_rng(streams[-1]).exponential(size=(settings.members, halo_of.max() + 1))
    if teacher is not None:
        bayesian[:] = 1.0
    member_weight = torch.from_numpy(bayesian.astype(np.float32)).to(device)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    curves: dict[str, list[float]] = {"train": [], "validation": []}
    first = 0
    digest = digest_of(digest, seed, halo_of)
    if checkpoint is not None and (found := kept(checkpoint, digest)) is not None:
        first = _restore(network, optimiser, *found)
        curves = found[1]["curves"]

    # Who learns from a teacher learns densities, not masses: there is nothing to make even.
    even = None
    if teacher is None and first < settings.epochs:
        even = _evenness(views, settings, np.random.default_rng(streams[-3]))

    def prepare(epoch: int) -> tuple[Looks, torch.Tensor, Lesson, Lesson]:
        own = np.random.default_rng(streams[epoch])
        looks = look(views, balanced_rows(views, settings, rng=own), settings, rng=own)
        told = looks.lesson() if teacher is None else teacher(looks, own)
        weight = np.ones(len(looks.view), dtype=np.float32)
        if even is not None:
            weight = even.weight(looks.conditions, looks.log10_m200c_h)
        odd = spoil(looks, settings, rng=own)[0].lesson()[:2] if network.judged else ()
        return looks, torch.from_numpy(weight), told, odd

    checked = None
    if validation is not None:
        own = np.random.default_rng(streams[-2])
        checked = [
            look(validation, balanced_rows(validation, settings, rng=own), settings, rng=own).lesson()
            for _ in range(_CHECKS)
        ]
    low, high = (float(to_unit_mass(x)) for x in settings.range_log10_m200c_h)

    def losses(histogram, known, mass, density, members):
        raw, logit = network(histogram, known)
        return mixture_loss(raw, mass, density, low, high), member_loss(logit, members, histogram)

    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(prepare, first) if first < settings.epochs else None
        for epoch in range(first, settings.epochs):
            looks, evened, tensors, odd = coming.result()
            coming = ahead.submit(prepare, epoch + 1) if epoch + 1 < settings.epochs else None
            network.train()
            order = _batches(len(looks.view), settings, np.random.default_rng(streams[epoch].spawn(1)[0]))
            summed = torch.zeros((), device=device)
            for step, rows in enumerate(order):
                loss, other = losses(*(x[rows].to(device) for x in tensors))
                weight = member_weight[:, halo_of[looks.view[rows]]] * evened[rows].to(device)
                objective = (weight * (loss + settings.member_weight * other)).mean(1).sum()
                if network.judged:
                    fine, false = (tensors[:2], rows), (odd, rows[rows < len(odd[0])])
                    scores = [network.score(*(x[i].to(device) for x in part)) for part, i in (fine, false)]
                    objective = objective + judge_loss(*scores).sum()
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


def _evenness(views: DeepViews, settings: PosteriorSettings, rng: np.random.Generator) -> Evenness:
    """What conditions tell of the mass, by some looks at the training clusters."""
    seen = [look(views, balanced_rows(views, settings, rng=rng), settings, rng=rng) for _ in range(_EVEN)]
    conditions = np.concatenate([s.conditions for s in seen])
    low, high = settings.range_log10_m200c_h
    return Evenness(conditions, np.concatenate([s.log10_m200c_h for s in seen]), (low, high))


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
