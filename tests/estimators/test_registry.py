import pytest

from zwicky.errors import ZwickyError
from zwicky.estimators import CNN2D, CNNSettings, MSigma, build_estimator, estimator_class


def test_by_name():
    assert estimator_class("cnn_2d") is CNN2D
    assert build_estimator("m_sigma", {"min_log10_m200c_h": 14.2}).settings.min_log10_m200c_h == 14.2
    built = build_estimator("cnn_2d", CNNSettings(epochs=2, thin_min=0.1))
    assert built.settings == CNNSettings(epochs=2, thin_min=0.1)
    assert isinstance(build_estimator("m_sigma"), MSigma)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cnn2d",), "did you mean 'cnn_2d'"),
        (("forest",), "use one of cnn_1d, cnn_2d, counts, counts_inner, m_sigma"),
        (("cnn_1d", {"epoch": 3}), "did you mean 'epochs'"),
        (("cnn_1d", {"epochs": 0}), "epochs = 0"),
        (("cnn_1d", {"thin_min": 1.5}), "thin_min = 1.5"),
        (("cnn_1d", {"device": "tpu"}), "tpu"),
        (("m_sigma", {"min_mass": 3.0}), "unknown key 'min_mass'"),
    ],
)
def test_mistakes_are_named(arguments, message):
    with pytest.raises(ZwickyError, match=message):
        build_estimator(*arguments)
