r"""Gravity on a graphics processor: the forces of `mesh` and `pairs`, for one NVIDIA card.

The equations, the force split and the time integration are those of the processor's kernels; only the layout
differs. Particles are sorted by cell as there. Thirty-two neighbours in the sorted order, which share a
pencil of cells along z, are the lanes of one warp: they walk the nine pencils around theirs together, each
lane summing the pull on its own particle, so every load of a source serves all lanes. Mass is put on the
mesh in whole numbers, whose sum does not depend on the order of the additions: the same card gives the same
universe again, bit for bit. The processor's universe is the same to rounding, which chaos in the cores of
halos amplifies: equal in its statistics, not in its bits.

Needs PyTorch built for CUDA (transforms, sorting, memory) and `numba.cuda` (kernels). Under numba's CUDA
simulator the same code runs, slowly, without a card: that is how it is tested.
"""

from __future__ import annotations

import math
import time

import numpy as np
import torch
from numba import cuda

from zwicky.errors import ZwickyError
from zwicky.universe.forces import Forces
from zwicky.universe.growth import drift_factor
from zwicky.universe.mesh import green_factors
from zwicky.universe.settings import UniverseSettings

__all__ = ["CudaGravity"]

#: Threads of a block that works particle by particle or mode by mode.
_BLOCK = 128
#: Lanes of a warp: particles that share their walk over the neighbours.
_WARP = 32
#: Whole-number units of the mass of one particle on the mesh.
_UNITS = 2.0**24


class CudaGravity(Forces):
    """The forces of one universe on a card, and the particles while they are there.

    The state that `zwicky.universe.evolve.Particles` describes is moved to the card at the first force and
    comes back at `release`.

    Parameters
    ----------
    settings
        What is simulated.
    device
        A PyTorch device; ``"cpu"`` only under numba's simulator.

    Raises
    ------
    ZwickyError
        If PyTorch sees no card.
    """

    def __init__(self, settings: UniverseSettings, device: str = "cuda"):
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise ZwickyError("device = 'cuda': PyTorch sees no CUDA card here; use device = 'cpu'")
        self.device = torch.device(device)
        super().__init__(settings)
        self.position: torch.Tensor | None = None

    def _bring(self, p) -> None:
        """Particles onto the card, if they are not there."""
        if self.position is None:
            self.position = torch.from_numpy(p.position).to(self.device)
            self.momentum = torch.from_numpy(p.momentum).to(self.device)
            self.particle_id = torch.from_numpy(p.particle_id.astype(np.int64)).to(self.device)
            self.level = torch.from_numpy(p.level).to(self.device)

    def fetch(self, p) -> None:
        """Bring the particles' state back to the host, and keep it on the card."""
        if self.position is not None:
            p.position = self.position.cpu().numpy()
            p.momentum = self.momentum.cpu().numpy()
            p.particle_id = self.particle_id.cpu().numpy().astype(np.uint32)
            p.level = self.level.cpu().numpy()

    def release(self, p) -> None:
        """Bring the particles back and give the card's memory up."""
        self.fetch(p)
        self.position = self.momentum = self.particle_id = self.level = self.starts = None
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def sort(self, p) -> None:
        """Order the particles by cell of the pair force; equal cells keep their order."""
        self._bring(p)
        n = self.n_cells
        index = (self.position * np.float32(n / self.box)).to(torch.int64).clamp_(max=n - 1)
        cell = (index[:, 0] * n + index[:, 1]) * n + index[:, 2]
        del index
        cell, order = torch.sort(cell, stable=True)
        self.starts = torch.zeros(n**3 + 1, dtype=torch.int64, device=self.device)
        torch.cumsum(torch.bincount(cell, minlength=n**3), 0, out=self.starts[1:])
        del cell
        self.position = self.position[order]
        self.momentum = self.momentum[order]
        self.particle_id = self.particle_id[order]
        self.level = self.level[order]

    def kick_long(self, p, a: float) -> None:
        """Add the mesh's pull up to scale factor `a`."""
        factor = self.mesh_factor(p.a_long, a)
        n, count = self.n_mesh, len(self.position)
        mesh = torch.zeros((n, n, n), dtype=torch.int64, device=self.device)
        per_length = np.float32(n / self.box)
        blocks = -(-count // _BLOCK)
        _deposit[blocks, _BLOCK](_view(self.position), per_length, np.float32(_UNITS), _view(mesh))
        density = mesh.to(torch.float32) * np.float32(n**3 / count / _UNITS) - 1.0
        del mesh
        modes = torch.fft.rfftn(density).contiguous()  # as a card's need not be
        del density
        k, difference, smooth = green_factors(n, self.box, self.short.split)
        factors = [torch.from_numpy(x.astype(np.float32)).to(self.device) for x in (k, difference, smooth)]
        flat = torch.view_as_real(modes).reshape(-1, 2)
        blocks = -(-len(flat) // _BLOCK)
        _green[blocks, _BLOCK](_view(flat), n, *(_view(x) for x in factors), np.float32(1.0 / n**3))
        potential = torch.fft.irfftn(modes, s=(n, n, n), norm="forward")
        del modes, flat
        scale = np.float32(-factor * n / self.box)
        blocks = -(-count // _BLOCK)
        _gather[blocks, _BLOCK](
            _view(self.position), _view(self.momentum), per_length, _view(potential), scale
        )
        p.a_long = a

    def kick_short(
        self, p, until: np.ndarray, least: int = 0, pair_step: tuple[float, float] | None = None
    ) -> int:
        """Pull particles of level `least` and above on to the scale factor ``until[level]``.

        With a pair step, particles first take the level that they need in it. Returns the highest in use.
        """
        table, gauge = self.pair_factors(p.a_short, until, pair_step)
        begin = time.perf_counter()
        n = self.n_cells
        chosen = torch.nonzero(self.level >= least).flatten()
        # Their cells are those of the last sort: since then they may have drifted out.
        cell = torch.searchsorted(self.starts, chosen, right=True) - 1
        pencil = torch.searchsorted(cell, torch.arange(n * n + 1, device=self.device) * n)
        warps = (torch.diff(pencil) + _WARP - 1) // _WARP
        owner = torch.repeat_interleave(torch.arange(n * n, device=self.device), warps)
        within = torch.arange(len(owner), device=self.device) - (torch.cumsum(warps, 0) - warps)[owner]
        first = pencil[owner] + _WARP * within
        last = torch.minimum(first + _WARP, pencil[owner + 1])
        pairs = torch.zeros(1, dtype=torch.int64, device=self.device)
        if len(owner):
            _pull[len(owner), _WARP](
                _view(self.position),
                _view(self.momentum),
                _view(self.level),
                _view(self.starts),
                _view(chosen),
                _view(cell % n),
                _view(owner),
                _view(first),
                _view(last),
                n,
                np.float32(self.box),
                _view(torch.from_numpy(self.short.coefficients()).to(self.device)),
                np.float32(self.short.cutoff**2),
                np.float32(self.short.softening**2),
                _view(torch.from_numpy(table).to(self.device)),
                np.float32(gauge**2),
                _view(pairs),
            )
        p.pairs += int(pairs.item())
        p.pair_seconds += time.perf_counter() - begin
        p.a_short = until
        return int(self.level.max())

    def drift(self, p, a: float, wrap: bool = True) -> None:
        """Move the particles on to scale factor `a`; without `wrap` they may leave the box."""
        factor = np.float32(drift_factor(self.cosmology, p.a, a))
        box = np.float32(self.box)
        x = self.position
        x += factor * self.momentum
        if wrap:
            x += torch.where(x < 0, box, np.float32(0.0))
            x -= torch.where(x >= box, box, np.float32(0.0))
            x[(x < 0) | (x >= box)] = 0.0
        p.a = a


def _view(tensor: torch.Tensor):
    """A tensor as the kernels take it, without a copy."""
    return cuda.as_cuda_array(tensor) if tensor.is_cuda else tensor.numpy()


@cuda.jit
def _deposit(position, per_length, units, mesh):
    """Cloud-in-cell mass of each particle, in whole numbers."""
    p = cuda.grid(1)
    if p >= position.shape[0]:
        return
    n = mesh.shape[0]
    x = position[p, 0] * per_length
    y = position[p, 1] * per_length
    z = position[p, 2] * per_length
    i, j, k = int(x), int(y), int(z)
    fx, fy, fz = x - np.float32(i), y - np.float32(j), z - np.float32(k)
    for a in range(2):
        wx = fx if a else np.float32(1) - fx
        for b in range(2):
            wxy = wx * (fy if b else np.float32(1) - fy)
            for c in range(2):
                w = wxy * (fz if c else np.float32(1) - fz)
                whole = np.int64(w * units + np.float32(0.5))
                cuda.atomic.add(mesh, ((i + a) % n, (j + b) % n, (k + c) % n), whole)


@cuda.jit
def _green(modes, n, k, difference, smooth, scale):
    """Green's function of `zwicky.universe.mesh` on every mode; (n_modes, 2) real and imaginary parts."""
    m = cuda.grid(1)
    if m >= modes.shape[0]:
        return
    half = n // 2 + 1
    l = m % half  # noqa: E741 - i, j, l index the three axes
    j = (m // half) % n
    i = m // (half * n)
    k2 = k[i] * k[i] + k[j] * k[j] + k[l] * k[l]
    d2 = difference[i] * difference[i] + difference[j] * difference[j] + difference[l] * difference[l]
    green = np.float32(0)
    if d2 > 0:
        kd = k[i] * difference[i] + k[j] * difference[j] + k[l] * difference[l]
        green = -kd / (k2 * d2) * (scale * smooth[i] * smooth[j] * smooth[l])
    modes[m, 0] *= green
    modes[m, 1] *= green


@cuda.jit(device=True)
def _difference(w0, w1, m):
    """Four-point difference interpolated between two mesh points: its weight on point m of six."""
    near = np.float32(2.0 / 3.0)
    wide = np.float32(-1.0 / 12.0)
    if m == 0:
        return -wide * w0
    if m == 1:
        return -near * w0 - wide * w1
    if m == 2:
        return -near * w1
    if m == 3:
        return near * w0
    if m == 4:
        return wide * w0 + near * w1
    return wide * w1


@cuda.jit
def _gather(position, momentum, per_length, potential, scale):
    """Differences of the potential, interpolated to each particle."""
    p = cuda.grid(1)
    if p >= position.shape[0]:
        return
    n = potential.shape[0]
    x = position[p, 0] * per_length
    y = position[p, 1] * per_length
    z = position[p, 2] * per_length
    i, j, k = int(x), int(y), int(z)
    x1, y1, z1 = x - np.float32(i), y - np.float32(j), z - np.float32(k)
    x0, y0, z0 = np.float32(1) - x1, np.float32(1) - y1, np.float32(1) - z1
    gx = np.float32(0)
    gy = np.float32(0)
    gz = np.float32(0)
    for m in range(6):
        im, jm, km = (i + m - 2 + n) % n, (j + m - 2 + n) % n, (k + m - 2 + n) % n
        cx, cy, cz = _difference(x0, x1, m), _difference(y0, y1, m), _difference(z0, z1, m)
        for a in range(2):
            ia, ja = (i + a) % n, (j + a) % n
            wxa = x1 if a else x0
            wya = y1 if a else y0
            for b in range(2):
                jb, kb = (j + b) % n, (k + b) % n
                wyb = y1 if b else y0
                wzb = z1 if b else z0
                gx += wya * wzb * cx * potential[im, ja, kb]
                gy += wxa * wzb * cy * potential[ia, jm, kb]
                gz += wxa * wyb * cz * potential[ia, jb, km]
    momentum[p, 0] += scale * gx
    momentum[p, 1] += scale * gy
    momentum[p, 2] += scale * gz


@cuda.jit(fastmath=True)
def _pull(
    position, momentum, level, starts, chosen, chosen_z, owner, first, last, n, box, c, cutoff2, softening2,
    factors, gauge2, pairs,
):  # fmt: skip
    """Short-range pull on 32 of the chosen particles, of one pencil of cells, each lane its own."""
    lane = cuda.threadIdx.x
    warp = cuda.blockIdx.x
    pencil = owner[warp]
    begin, stop = first[warp], last[warp]
    # The last lanes of a pencil's last warp repeat its last particle and throw the sum away.
    mine = chosen[min(begin + lane, stop - 1)]
    x, y, z = position[mine, 0], position[mine, 1], position[mine, 2]
    low, high = chosen_z[begin] - 1, chosen_z[stop - 1] + 1
    px, py = pencil // n, pencil % n
    ax = np.float32(0)
    ay = np.float32(0)
    az = np.float32(0)
    c0, c1, c2, c3, c4, c5, c6 = c[0], c[1], c[2], c[3], c[4], c[5], c[6]
    counted = 0
    for dx in range(-1, 2):
        qx = px + dx
        sx = np.float32(0)
        if qx < 0:
            qx, sx = qx + n, -box
        elif qx >= n:
            qx, sx = qx - n, box
        for dy in range(-1, 2):
            qy = py + dy
            sy = np.float32(0)
            if qy < 0:
                qy, sy = qy + n, -box
            elif qy >= n:
                qy, sy = qy - n, box
            column = (qx * n + qy) * n
            for part in range(3):
                if part == 0:
                    za, zb, sz = max(low, 0), min(high, n - 1), np.float32(0)
                elif part == 1:
                    za, zb, sz = n - 1, n - 1 if low < 0 else n - 2, -box
                else:
                    za, zb, sz = 0, 0 if high >= n else -1, box
                if zb < za:
                    continue
                tx, ty, tz = x - sx, y - sy, z - sz
                from_, to = starts[column + za], starts[column + zb + 1]
                counted += to - from_
                for j in range(from_, to):
                    rx, ry, rz = position[j, 0] - tx, position[j, 1] - ty, position[j, 2] - tz
                    r2 = rx * rx + ry * ry + rz * rz
                    inverse = np.float32(1) / math.sqrt(r2 + softening2)
                    long = c0 + r2 * (c1 + r2 * (c2 + r2 * (c3 + r2 * (c4 + r2 * (c5 + r2 * c6)))))
                    f = inverse * inverse * inverse - long
                    f = f if r2 < cutoff2 else np.float32(0)
                    ax += f * rx
                    ay += f * ry
                    az += f * rz
    if begin + lane < stop:
        old = level[mine]
        if gauge2 > 0:
            need = gauge2 * (ax * ax + ay * ay + az * az)
            new = 0
            while need > 1 and new < factors.shape[0] - 1:
                need *= np.float32(1 / 16)
                new += 1
            level[mine] = new
        factor = factors[old, level[mine]]
        momentum[mine, 0] += factor * ax
        momentum[mine, 1] += factor * ay
        momentum[mine, 2] += factor * az
    if lane == 0:
        cuda.atomic.add(pairs, 0, counted * (stop - begin))
