"""Scaling relations of Zwicky's masses for cosmocnc (Zubeldia & Bolliet 2024), read from relation.hdf5.

Give the path of this file as ``cnc_params["survey_sr"]``. Observables of one layer each: ``ln_m_zwicky``, the
natural logarithm of the predicted M200c in 1e14 Msun, and ``ln_n_zwicky``, that of the number of galaxies.
cosmocnc's scatter is Gaussian and one for all masses: it is taken at ``log10_m_pivot`` (default 14.3), with
the correlation of both. The share of the sky is ``cnc_params["catalogue_params"]["skyfrac"]``; the parameter
``bias_ln_m_zwicky`` (default 0) moves all masses: give it a prior of ln(10) times the table's shared_error.
"""

from pathlib import Path

import h5py
import numpy as np

__all__ = ["scaling_relations", "scatter"]

_LN10 = np.log(10.0)
_NAMES = {"ln_m_zwicky": ("mean_pred", "std_pred"), "ln_n_zwicky": ("mean_ln_n", "std_ln_n")}


def _table():
    with h5py.File(Path(__file__).with_name("relation.hdf5")) as file:
        return {name: file[name][()] for name in file}


def _unit(observable):
    """Natural logarithms in one of our numbers: predictions are in dex, counts in e-folds."""
    return _LN10 if observable == "ln_m_zwicky" else 1.0


class scaling_relations:
    """One observable as a function of x0, the natural logarithm of M200c in 1e14 Msun."""

    def __init__(self, observable="ln_m_zwicky", cnc_params=None, catalogue=None):
        self.observable, self.cnc_params, self.catalogue = observable, cnc_params, catalogue
        self.preprecompute = False
        self.params = {}

    def get_n_layers(self):
        return 1

    def get_n_layers_stacked(self):
        return 1

    def initialise_scaling_relation(self, cosmology=None):
        self.table = _table()
        self.skyfracs = [self.cnc_params["catalogue_params"]["skyfrac"]]

    def precompute_scaling_relation(self, params=None, other_params=None, patch_index=0):
        self.params = params or {}

    def eval_scaling_relation(self, x0, layer=0, patch_index=0, other_params=None):
        t, (name, _) = self.table, _NAMES[self.observable]
        by_mass = np.array([np.interp(other_params["zc"], t["redshift"], row) for row in t[name]])
        log10_m = 14.0 + np.asarray(x0) / _LN10
        mean = np.interp(log10_m, t["log10_m200c"], by_mass)
        # Beyond the table the line goes on as steep as at its end.
        for end, here in ((0, log10_m < t["log10_m200c"][0]), (-1, log10_m > t["log10_m200c"][-1])):
            other = 1 if end == 0 else -2
            steep = (by_mass[end] - by_mass[other]) / (t["log10_m200c"][end] - t["log10_m200c"][other])
            mean = np.where(here, by_mass[end] + steep * (log10_m - t["log10_m200c"][end]), mean)
        if self.observable == "ln_m_zwicky":
            mean = _LN10 * (mean - 14.0) + self.params.get("bias_ln_m_zwicky", 0.0)
        self.x1 = mean
        return mean

    def eval_scaling_relation_no_precompute(self, x0, layer=0, patch_index=0, other_params=None, params=None):
        self.params = params or {}
        return self.eval_scaling_relation(x0, layer, patch_index, other_params)

    def eval_derivative_scaling_relation(self, x0, layer=0, patch_index=0, scalrel_type_deriv="numerical"):
        return np.gradient(self.x1, x0)

    def get_mean(self, x0, patch_index=0, scatter=None, compute_var=False, other_params=None):
        mean = self.eval_scaling_relation(x0, other_params=other_params)
        return [mean, scatter.get_cov(self.observable, self.observable)] if compute_var else mean

    def get_cutoff(self, layer=0):
        return -np.inf


class scatter:
    """Covariance of the observables about their means, at the pivot mass, all redshifts together."""

    def __init__(self, params=None, catalogue=None):
        self.params, self.catalogue = params or {}, catalogue
        table, pivot = _table(), (params or {}).get("log10_m_pivot", 14.3)
        names = ("std_pred", "std_ln_n", "correlation")
        at = [np.interp(pivot, table["log10_m200c"], table[name].mean(axis=1)) for name in names]
        self.numbers = dict(zip(names, at, strict=True))

    def get_cov(self, observable1=None, observable2=None, patch1=0, patch2=0, layer=0, other_params=None):
        if observable1 not in _NAMES or observable2 not in _NAMES:
            return 0.0
        one, two = (_unit(o) * self.numbers[_NAMES[o][1]] for o in (observable1, observable2))
        return one * two * (1.0 if observable1 == observable2 else self.numbers["correlation"])
