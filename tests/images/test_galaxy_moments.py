import numpy as np
import pytest

from zwicky.images import galaxy_moments


def test_moments_equal_numpy(clusters):
    sample = clusters(30, seed=1)
    moments = galaxy_moments(sample)
    for i, (a, b) in enumerate(zip(sample.offsets[:-1], sample.offsets[1:], strict=True)):
        v, r = sample.v_los[a:b].astype(float), sample.r_proj_comoving[a:b].astype(float)
        assert moments.v_mean[i] == pytest.approx(v.mean(), abs=1e-9)
        assert moments.v_sigma[i] == pytest.approx(v.std(ddof=1), rel=1e-12)
        assert moments.r_sigma[i] == pytest.approx(r.std(ddof=1), rel=1e-12)
        assert moments.correlation[i] == pytest.approx(np.corrcoef(v, r)[0, 1], abs=1e-12)
        assert moments.v_max[i] == np.abs(v).max()
        assert (moments.r_min[i], moments.r_max[i]) == (r.min(), r.max())


def test_one_galaxy_has_no_dispersion(clusters):
    sample = clusters(2)
    keep = np.zeros(sample.offsets[-1], bool)
    keep[0] = True
    moments = galaxy_moments(sample.select_galaxies(keep))
    assert moments.v_mean[0] == sample.v_los[0]
    assert np.isnan(moments.v_sigma).all()
    assert np.isnan(moments.v_mean[1])
