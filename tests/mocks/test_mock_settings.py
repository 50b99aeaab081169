import pytest

from zwicky.errors import ZwickyError
from zwicky.mocks import MockSettings
from zwicky.settings import from_mapping, read_toml, to_toml


def test_defaults_are_the_papers():
    s = MockSettings()
    assert (s.aperture_mpc_h, s.v_cut_kms, s.n_min, s.min_log10_m200c_h) == (1.6, 2200.0, 10, 13.5)
    assert s.flat_density == pytest.approx(6.3096e-6, rel=1e-4)
    assert s.n_folds == 10


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("aperture_mpc_h", 0.0, "above 0 and at most 20"),
        ("aperture_mpc_h", float("nan"), "above 0 and at most 20"),
        ("v_cut_kms", -5.0, "above 0 and at most 20000"),
        ("n_min", 0, "at least 1 (galaxies)"),
        ("min_log10_m200c_h", 3e14, "log10 of Msun/h"),
        ("flat_density", -5.2, "above 0"),
        ("mass_bin_dex", 0.0, "above 0"),
        ("test_max_log10_m200c_h", 13.0, "above test_min_log10_m200c_h = 14"),
        ("max_lines_of_sight", 2, "at least 3"),
        ("n_folds", 1, "at least 2"),
        ("folds", "random", "one of halo, spatial"),
        ("tracers", "centrals", "one of all, satellites"),
        ("pure", "r500c", "one of r200c, fof"),
    ],
)
def test_values_out_of_range(name, value, allowed):
    with pytest.raises(ZwickyError) as error:
        MockSettings(**{name: value})
    message = str(error.value)
    assert name in message
    assert repr(value) in message
    assert allowed in message
    assert "\n" not in message


def test_toml_and_unknown_keys(tmp_path):
    path = tmp_path / "mocks.toml"
    path.write_text(to_toml(MockSettings(n_min=12, folds="spatial")))
    assert read_toml(MockSettings, path) == MockSettings(n_min=12, folds="spatial")
    with pytest.raises(ZwickyError, match="did you mean 'aperture_mpc_h'"):
        from_mapping(MockSettings, {"aperture_mpc": 2.0})
