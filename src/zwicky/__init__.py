"""Zwicky: masses of galaxy clusters from the motions of their galaxies.

One cluster of 60 galaxies at redshift 0.1, projected distances in Mpc and velocities in km/s:

>>> import numpy as np, zwicky
>>> rng = np.random.default_rng(1)
>>> radius, velocity = 1.5 * rng.random(60), rng.normal(0.0, 800.0, 60)
>>> mass = zwicky.weigh(r_proj=radius, v_los=velocity, redshift=0.1, cosmology="ho2019")
>>> bool(14.0 < mass.median[0] < 15.2), mass.std.shape
(True, (1,))
"""

from typing import TYPE_CHECKING

from zwicky.lazy import contents

if TYPE_CHECKING:
    from zwicky.cosmology import paper_cosmology as paper_cosmology
    from zwicky.errors import ZwickyError as ZwickyError
    from zwicky.estimators import MassPosterior as MassPosterior
    from zwicky.estimators import Prior as Prior
    from zwicky.estimators import load_model as load_model
    from zwicky.estimators import shipped_models as shipped_models
    from zwicky.evaluation import train_model as train_model
    from zwicky.io import read_sample as read_sample
    from zwicky.io import write_sample as write_sample
    from zwicky.mocks import make_mocks as make_mocks
    from zwicky.mocks import read_mocks as read_mocks
    from zwicky.tables import ClusterSample as ClusterSample
    from zwicky.tables import Cylinder as Cylinder
    from zwicky.universe import make_universe as make_universe
    from zwicky.weighing import weigh as weigh
    from zwicky.weighing import weigh_sky as weigh_sky

__version__ = "0.2.0.dev0"

_PLACES = {
    "ClusterSample": "zwicky.tables",
    "Cylinder": "zwicky.tables",
    "MassPosterior": "zwicky.estimators",
    "Prior": "zwicky.estimators",
    "ZwickyError": "zwicky.errors",
    "load_model": "zwicky.estimators",
    "make_mocks": "zwicky.mocks",
    "make_universe": "zwicky.universe",
    "paper_cosmology": "zwicky.cosmology",
    "read_mocks": "zwicky.mocks",
    "read_sample": "zwicky.io",
    "shipped_models": "zwicky.estimators",
    "train_model": "zwicky.evaluation",
    "weigh": "zwicky.weighing",
    "weigh_sky": "zwicky.weighing",
    "write_sample": "zwicky.io",
}

__all__ = ["__version__", *_PLACES]

__getattr__, __dir__ = contents(__name__, _PLACES)
