import pytest

from zwicky.errors import ZwickyError
from zwicky.extras import EXTRAS, require


def test_what_is_installed_is_not_complained_about():
    for module in EXTRAS["train"]:
        require(module, "train", "training")
    require(None, "train", "training")


def test_what_is_missing_is_one_line_with_the_cure(monkeypatch):
    monkeypatch.setitem(EXTRAS, "train", ("numpy", "no_such_package"))
    for module in ("no_such_package", None):
        with pytest.raises(ZwickyError) as error:
            require(module, "train", "training cnn_2d")
        assert str(error.value) == (
            "training cnn_2d needs no_such_package, which is not installed: pip install 'zwicky[train]'"
        )
