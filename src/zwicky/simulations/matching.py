"""Galaxies to halos: by the numbers that the catalogue gives them, and by where they are.

A galaxy's halo is its parent, the largest halo that holds it, or, for a central galaxy, the halo of its own
number. It is a member of that halo's sphere r200c only if it lies inside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zwicky.errors import ZwickyError
from zwicky.tables import RowIndex
from zwicky.units import log10_msun_h

__all__ = ["Matching", "halo_of", "refuse_twice", "refuse_unmatched"]

#: Central galaxies with a virial mass above this many times the least M200c of a host should have a halo:
#: at the least M200c itself the two masses' scatter decides.
MASSIVE = 2.0


def halo_of(object_id: np.ndarray, parent_id: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The halo of each galaxy and whether it is that halo's own: not inside a larger one.

    A parent of -1, any negative number or the object itself all mean that nothing holds it.

    >>> halo_of(np.array([1, 2, 3]), np.array([-1, 1, 3]))
    (array([1, 1, 3]), array([ True, False,  True]))
    """
    own = (parent_id < 0) | (parent_id == object_id)
    return np.where(own, object_id, parent_id), own


def refuse_twice(ids: np.ndarray, what: str, where: object) -> None:
    """Refuse numbers that are given more than once.

    Raises
    ------
    ZwickyError
        The first such number, and how many there are.
    """
    ordered = np.sort(ids)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if len(twice):
        raise ZwickyError(
            f"{where}: {what} {twice[0]} is given more than once ({len(twice)} such numbers); "
            "give a catalogue of one snapshot with a row for each"
        )


@dataclass
class Matching:
    """Which halos have a galaxy of their own number, gathered chunk by chunk.

    Parameters
    ----------
    ids : int64, shape (n,)
        Numbers of the halos that may be hosts, each once.
    position : float64, shape (n, 3)
        Their centres, comoving Mpc.
    radius : float64, shape (n,)
        Their r200c, comoving Mpc.
    known : int64
        Numbers of all halos with at least a quarter of the hosts' least mass, subhalos too.
    box_size
        Side of the periodic cube, comoving Mpc.
    min_mass
        Least M200c of a host, Msun.
    separate
        Whether galaxies and halos are numbered each by themselves. A parent then is a halo's number, that of
        a central galaxy too, and which galaxy is central is not in the numbers.
    """

    ids: np.ndarray
    position: np.ndarray
    radius: np.ndarray
    known: np.ndarray
    box_size: float
    min_mass: float
    separate: bool = False
    central: np.ndarray = field(init=False)
    subhalo: np.ndarray = field(init=False)
    displaced: np.ndarray = field(init=False)
    reached: np.ndarray = field(init=False)
    mvir: np.ndarray = field(init=False)
    massive: int = field(init=False, default=0)
    lost_masses: list[np.ndarray] = field(init=False, default_factory=list)

    def __post_init__(self):
        n = len(self.ids)
        self.central, self.subhalo, self.displaced, self.reached = (np.zeros(n, dtype=bool) for _ in range(4))
        self.mvir = np.full(n, np.nan)
        self._hosts, self._known = RowIndex(self.ids), RowIndex(self.known)

    def add(
        self, object_id: np.ndarray, parent_id: np.ndarray, position: np.ndarray, mvir: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Note which halos these galaxies sit in.

        Parameters
        ----------
        object_id, parent_id : int64, shape (m,)
            Numbers of the galaxies and of the largest halos that hold them.
        position : float64, shape (m, 3)
            Comoving Mpc.
        mvir : float64, shape (m,), optional
            Virial masses in Msun, where the catalogue has them.

        Returns
        -------
        row : int64, shape (m,)
            The galaxy's halo as a row of `ids`, -1 if it is not among them.
        away : float64, shape (m,)
            Distance from that halo's centre over its r200c; infinite without one.
        own : bool, shape (m,)
            Whether no larger halo holds it.
        """
        if self.separate:
            own = parent_id < 0
            row = np.where(own, -1, self._hosts.rows(parent_id))
            self.central[row[row >= 0]] = True
            away = self._away(row, position)
            self.reached[row[away <= 1.0]] = True
            return row, away, own
        halo, own = halo_of(object_id, parent_id)
        row = self._hosts.rows(halo)
        away = self._away(row, position)
        here = own & (row >= 0)
        self.central[row[here]] = True
        self.displaced[row[here & (away > 1.0)]] = True
        within = self._hosts.rows(object_id[~own])
        self.subhalo[within[within >= 0]] = True
        if mvir is not None:
            self.mvir[row[here]] = mvir[here]
            massive = own & (mvir >= MASSIVE * self.min_mass)
            self.massive += int(massive.sum())
            self.lost_masses.append(mvir[massive][self._known.rows(object_id[massive]) < 0])
        return row, away, own

    def _away(self, row: np.ndarray, position: np.ndarray) -> np.ndarray:
        """Distance from the centres of halos over their r200c, the nearest periodic image counting."""
        apart = position - self.position[row]
        apart -= self.box_size * np.round(apart / self.box_size)
        distance = np.sqrt(np.einsum("ij,ij->i", apart, apart))
        return np.where(row >= 0, distance / self.radius[row], np.inf)

    def report(self, is_host: np.ndarray, m200c: np.ndarray, h: float) -> dict[str, Any]:
        """What did not match, for the provenance: counts, and the most massive in log10 Msun/h."""
        alone = is_host & ~self.central
        # Galaxies that number halos by themselves have no own one: that none is inside tells the same.
        displaced = self.central & ~self.reached if self.separate else self.displaced
        lost = np.concatenate([np.empty(0), *self.lost_masses])

        def most(masses: np.ndarray) -> float | None:
            return float(log10_msun_h(np.log10(masses.max()), h)) if len(masses) else None

        return {
            "hosts": int(is_host.sum()),
            "hosts_without_galaxy": int(alone.sum()),
            "most_massive_host_without_galaxy_log10_m200c_h": most(m200c[alone]),
            "massive_central_galaxies": self.massive,
            "massive_central_galaxies_without_halo": len(lost),
            "most_massive_central_galaxy_without_halo_log10_mvir_h": most(lost),
            "hosts_whose_galaxy_lies_outside_r200c": int((is_host & displaced).sum()),
        }


def refuse_unmatched(report: dict[str, Any], max_share: float, halos: object, galaxies: object) -> None:
    """Refuse two catalogues that do not belong together.

    Raises
    ------
    ZwickyError
        If more than `max_share` of the hosts have no galaxy, or of the massive central galaxies no halo.
    """
    for part, whole, what, where, most in (
        (
            report["hosts_without_galaxy"],
            report["hosts"],
            f"hosts have no galaxy of the same number in {galaxies}",
            halos,
            report["most_massive_host_without_galaxy_log10_m200c_h"],
        ),
        (
            report["massive_central_galaxies_without_halo"],
            report["massive_central_galaxies"],
            f"massive central galaxies have no halo of the same number in {halos}",
            galaxies,
            report["most_massive_central_galaxy_without_halo_log10_mvir_h"],
        ),
    ):
        if part > max_share * whole:
            raise ZwickyError(
                f"{where}: {part} of {whole} {what}, the most massive of 10^{most:.2f} Msun/h (at most "
                f"{max_share:.0%} may lack one); give halos and galaxies of one snapshot and one run"
            )
