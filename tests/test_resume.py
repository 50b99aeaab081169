import numpy as np
import pytest

from zwicky.resume import digest_of, keep, kept


def test_a_result_comes_back_bit_by_bit_under_its_own_digest(tmp_path):
    path = tmp_path / "deep" / "result.safetensors"
    arrays = {"epsilon": np.array([0.1, np.nan, -np.inf]), "counts": np.arange(6).reshape(2, 3).T}
    assert kept(path, "a") is None
    keep(path, "a", arrays, {"row": {"scatter": 0.1 + 0.2}})
    found, facts = kept(path, "a")
    assert all(np.array_equal(found[name], arrays[name], equal_nan=True) for name in arrays)
    assert facts == {"row": {"scatter": 0.1 + 0.2}}
    assert kept(path, "b") is None
    keep(path, "b", {})
    assert kept(path, "a") is None
    assert kept(path, "b") == ({}, {})


@pytest.mark.parametrize("how", ["empty", "cut", "garbage", "folder"])
def test_a_damaged_file_is_as_good_as_none(tmp_path, how):
    path = tmp_path / "result.safetensors"
    keep(path, "a", {"x": np.arange(100.0)})
    content = path.read_bytes()
    if how == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes({"empty": b"", "cut": content[: len(content) // 2], "garbage": b"\x00\xff{["}[how])
    assert kept(path, "a") is None


def test_digests_tell_what_differs():
    base = digest_of("x", 1, np.arange(4), {"a": 1, "b": [2.5, None]})
    assert base == digest_of("x", 1, np.arange(8)[::2] // 2, {"b": [2.5, None], "a": 1})
    others = [
        ("x", 2, np.arange(4), {"a": 1, "b": [2.5, None]}),
        ("x", 1, np.arange(4).reshape(2, 2), {"a": 1, "b": [2.5, None]}),
        ("x", 1, np.arange(4, dtype=np.int32), {"a": 1, "b": [2.5, None]}),
        ("x1", np.arange(4), {"a": 1, "b": [2.5, None]}),
        ("x", 1, np.arange(4), {"a": 1, "b": [2.5, 0]}),
    ]
    assert len({base, *(digest_of(*other) for other in others)}) == 6
