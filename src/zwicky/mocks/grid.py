"""One cell grid of the galaxies that serves every cluster and every line of sight."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.mocks.kernels import FASTEST_KMS, fastest_of_cells
from zwicky.parallel import available_cores, pieces, run_pieces
from zwicky.tables import GalaxyTable, Snapshot
from zwicky.units import mpc
from zwicky.universe.cells import cell_sort, reorder

__all__ = ["GalaxyGrid", "galaxy_grid"]


@dataclass(frozen=True, eq=False)
class GalaxyGrid:
    """Galaxies sorted into the cells of a periodic cube.

    Parameters
    ----------
    snapshot
        Box, redshift and cosmology of the galaxies.
    n_cells
        Cells a side.
    phase : float32, shape (n, 6)
        Comoving position in Mpc and peculiar velocity in km/s, sorted by cell.
    order : int64, shape (n,)
        Row of the galaxy table of each sorted galaxy.
    starts : int64, shape (n_cells**3 + 1,)
        Galaxies of cell c are ``starts[c]:starts[c + 1]``.
    speed_bound : uint8, shape (n_cells**3,)
        Bound on the speeds in each cell: rapidities along any direction stay below
        ``speed_bound * speed_unit``.
    speed_unit
        Rapidity of one step of `speed_bound`.
    """

    snapshot: Snapshot
    n_cells: int
    phase: np.ndarray = field(repr=False)
    order: np.ndarray = field(repr=False)
    starts: np.ndarray = field(repr=False)
    speed_bound: np.ndarray = field(repr=False)
    speed_unit: float

    def __len__(self) -> int:
        return len(self.order)


def galaxy_grid(galaxies: GalaxyTable, cell_mpc_h: float = 5.0) -> GalaxyGrid:
    """Sort galaxies into cells of side `cell_mpc_h` in comoving Mpc/h, or a little more.

    The side changes the time that cylinders take, never what is in them; between 4 and 6 Mpc/h it matters
    little at the paper's aperture and density.

    Raises
    ------
    ZwickyError
        If there is no galaxy, or if a position or velocity cannot be right.
    """
    snapshot = galaxies.snapshot
    box = snapshot.box_size
    if len(galaxies) == 0:
        raise ZwickyError("the galaxy table is empty; give at least one galaxy")
    most = float(np.abs(galaxies.velocity).max())
    if not most < 0.5 * FASTEST_KMS:
        raise ZwickyError(
            f"the fastest galaxy moves at {most:g} km/s; "
            f"give peculiar velocities below {0.5 * FASTEST_KMS:.0f} km/s (are the units right?)"
        )
    n_cells = max(1, int(box / mpc(cell_mpc_h, snapshot.cosmology.h)))
    order, starts = cell_sort(galaxies.position, box, n_cells)
    phase = np.empty((len(galaxies), 6), dtype=np.float32)
    phase[:, :3] = reorder(galaxies.position, order)
    phase[:, 3:] = reorder(galaxies.velocity, order)
    fastest = np.empty(n_cells**3, dtype=np.float32)
    run_pieces(
        fastest_of_cells,
        [(phase, starts[a : b + 1], fastest[a:b]) for a, b in pieces(n_cells**3, 4 * available_cores())],
    )
    # One byte a cell keeps the table that every walk reads in the processor's cache.
    speed_unit = max(float(fastest.max()), 1e-9) / 255
    speed_bound = np.minimum(np.ceil(fastest / speed_unit), 255).astype(np.uint8)
    return GalaxyGrid(snapshot, n_cells, phase, order, starts, speed_bound, speed_unit)
