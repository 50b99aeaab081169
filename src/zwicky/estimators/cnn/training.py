"""One training loop for both networks: resumable, and the same bits for the same seed.

Everything random in an epoch comes from one stream that depends on the seed and the epoch's number alone,
so a run that continues from a checkpoint draws what the unbroken run would have drawn.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from zwicky.errors import ZwickyError
from zwicky.estimators.cnn.adam import FlatAdam
from zwicky.estimators.cnn.network import PhaseSpaceNetwork
from zwicky.estimators.cnn.settings import CNNSettings
from zwicky.estimators.training import Losses
from zwicky.progress import Progress, quiet
from zwicky.resume import keep, kept

__all__ = ["device_named", "evaluate", "limit_to_one_thread", "train"]

# Keras's default; PyTorch's is 1e-8.
_ADAM_EPSILON = 1e-7

#: Clusters a forward pass outside training: activations of this many stay in the cache.
PREDICT_BATCH = 512


def device_named(name: str) -> torch.device:
    """The device called ``"cpu"``, ``"cuda"`` or ``"auto"``.

    Raises
    ------
    ZwickyError
        If cuda is asked for and there is none.
    """
    has_cuda = torch.cuda.is_available()
    if name == "cuda" and not has_cuda:
        raise ZwickyError("device = 'cuda' but PyTorch finds no CUDA device; use 'cpu' or 'auto'")
    return torch.device("cuda" if has_cuda and name in ("auto", "cuda") else "cpu")


@contextlib.contextmanager
def limit_to_one_thread() -> Iterator[None]:
    """Run PyTorch on one thread: faster for networks this small, and the same bits everywhere."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def train(
    network: PhaseSpaceNetwork,
    images_of_epoch: Callable[[np.random.Generator], torch.Tensor],
    targets: torch.Tensor,
    settings: CNNSettings,
    seed: int,
    *,
    validation: tuple[torch.Tensor, torch.Tensor] | None = None,
    checkpoint: Path | None = None,
    digest: str = "",
    progress: Progress = quiet,
) -> Losses:
    """Train `network` in place by Adam on the mean squared error of y.

    Parameters
    ----------
    network
        On its device; its weights are initialised here.
    images_of_epoch
        Given the epoch's random stream, the images (n, n_velocity, n_radius) on the network's device.
    targets : float32, shape (n,)
        y of Eq. 4, on the network's device.
    settings
        Epochs, steps, regularisation.
    seed
        Determines initial weights, shuffling, mirroring, thinning and dropout.
    validation
        Images and targets for the loss curve. They never influence the weights.
    checkpoint
        File that holds the state after the last finished epoch; continued from if it is there with
        the same `digest`, and written whole after every epoch.
    digest
        Marks what is trained on what, so that another run's checkpoint is not continued.
    progress
        Called after each epoch.

    Returns
    -------
    Losses
        Mean squared error in y (Eq. 4) from the first epoch: dropout is on for `train`, off for `validation`,
        which hence is often lower, as in Fig. 5.
    """
    n = len(targets)
    n_steps = -(-n // settings.batch)
    start = torch.Generator().manual_seed(int(_stream(seed, 0).integers(2**62)))
    device = targets.device
    network.cpu().initialise(start)
    network.to(device)
    adam = FlatAdam(network, _ADAM_EPSILON)
    losses = Losses()
    done = 0
    if checkpoint is not None:
        done = _restore(checkpoint, digest, adam, losses)
    for epoch in range(done, settings.epochs):
        rng = _stream(seed, epoch + 1)
        images = images_of_epoch(rng)
        order = torch.from_numpy(rng.permutation(n)).to(device)
        flipped = torch.from_numpy(rng.random(n) < 0.5).to(device) & settings.mirror
        kept = rng.random((n, network.n_features), dtype=np.float32) >= settings.dropout
        dropout = torch.from_numpy(kept).to(device).float().div_(1 - settings.dropout)
        total = torch.zeros((), device=device)
        for step in range(n_steps):
            batch = slice(step * settings.batch, min(n, (step + 1) * settings.batch))
            rows = order[batch]
            x = images.index_select(0, rows)
            mirrored = flipped[batch].nonzero().squeeze(1)
            x.index_copy_(0, mirrored, x.index_select(0, mirrored).flip(1))
            loss = F.mse_loss(network(x, dropout[batch]), targets[rows])
            loss.backward()
            adam.step(settings.learning_rate / (1 + settings.decay * adam.steps))
            network.constrain(settings.max_norm)
            total += loss.detach() * len(rows)
        losses.train.append(float(total) / n)
        if validation is not None:
            losses.validation.append(float(F.mse_loss(evaluate(network, validation[0]), validation[1])))
        if not np.isfinite(losses.train[-1]):
            raise ZwickyError(
                f"the loss is {losses.train[-1]} after epoch {epoch + 1}; "
                f"lower learning_rate from {settings.learning_rate:g}"
            )
        if checkpoint is not None:
            _save(checkpoint, digest, adam, losses)
        progress("train", epoch + 1, settings.epochs, f"loss {losses.train[-1]:.4f}")
    return losses


def evaluate(network: PhaseSpaceNetwork, images: torch.Tensor) -> torch.Tensor:
    """y for images on the network's device, float32, shape (n,)."""
    with torch.inference_mode():
        parts = [network(images[i : i + PREDICT_BATCH]) for i in range(0, len(images), PREDICT_BATCH)]
        return torch.cat(parts) if parts else images.new_zeros(0)


def _stream(seed: int, epoch: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(epoch,)))


def _save(path: Path, digest: str, adam: FlatAdam, losses: Losses) -> None:
    arrays = {name: value.cpu().numpy() for name, value in adam.state().items()}
    keep(path, digest, arrays, asdict(losses), durable=False)


def _restore(path: Path, digest: str, adam: FlatAdam, losses: Losses) -> int:
    """Put the state of a checkpoint back and return its finished epochs; 0 if there is none of this run."""
    found = kept(path, digest)
    if found is None:
        return 0
    arrays, history = found
    adam.restore({name: torch.from_numpy(values) for name, values in arrays.items()})
    losses.train[:], losses.validation[:] = history["train"], history["validation"]
    return len(losses.train)
