from dataclasses import dataclass, field
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwicky.errors import ZwickyError
from zwicky.ho2019 import RUN_SCALES, RunSettings
from zwicky.settings import check_ranges, digest, from_mapping, read_toml, setting, to_mapping, to_toml


@dataclass(frozen=True)
class Inner:
    width: float = 1.0
    kind: Literal["round", "square"] = "round"


@dataclass(frozen=True)
class Outer:
    number: int = 1
    limits: tuple[float, ...] = (1.0,)
    seed: int | None = None
    inner: Inner = field(default_factory=Inner)
    span: tuple[float, float] = (0.0, 1.0)
    losses: list[float] = field(default_factory=list)
    sums: dict[str, str] = field(default_factory=dict)


@given(
    st.integers(-(2**40), 2**40),
    st.lists(st.floats(allow_nan=False, allow_infinity=False)),
    st.floats(0, 1e300),
)
def test_round_trip(tmp_path_factory, number, limits, width):
    settings = Outer(number=number, limits=tuple(limits), inner=Inner(width=width))
    path = tmp_path_factory.getbasetemp() / "settings.toml"
    path.write_text(to_toml(settings))
    assert read_toml(Outer, path) == settings
    assert digest(read_toml(Outer, path)) == digest(settings)


@pytest.mark.parametrize("scale", RUN_SCALES)
def test_named_runs_round_trip(tmp_path, scale):
    path = tmp_path / "run.toml"
    path.write_text(to_toml(RUN_SCALES[scale]))
    assert read_toml(RunSettings, path) == RUN_SCALES[scale]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"numbr": 3}, "unknown key 'numbr'; did you mean 'number'"),
        ({"zzz": 3}, "use one of number"),
        ({"number": "three"}, "is a str; give a int"),
        ({"number": True}, "is a bool"),
        ({"number": 1.5}, "is a float"),
        ({"number": -(10**400)}, "is beyond the integers of 64 bits"),
        ({"limits": 3.0}, "square brackets"),
        ({"inner": 3}, "table of settings"),
        ([1], "is a list, not a table"),
        ({"inner": {"width": float("nan")}}, "settings.inner.width = nan is not a finite number"),
        ({"limits": [1.0, 10**400]}, "is not a finite number"),
        ({"limits": ["x"] * 100}, "is a str; give a float"),
        ({"span": [1.0]}, "has 1 items; give 2"),
        ({"span": "ab"}, "is not a list"),
        ({"losses": [None]}, "is a NoneType; give a float"),
        ({"sums": {"a": 1}}, "settings.sums.a = 1 is a int; give a str"),
        ({"sums": [1]}, "is not a table"),
        (
            {"inner": {"kind": "oval"}},
            "settings.inner.kind = 'oval' is not allowed; use one of round, square",
        ),
    ],
)
def test_wrong_settings_are_one_line(values, message):
    with pytest.raises(ZwickyError, match=message) as caught:
        from_mapping(Outer, values)
    assert "\n" not in str(caught.value)


def test_files_that_are_not_settings(tmp_path):
    with pytest.raises(ZwickyError, match="cannot be read"):
        read_toml(Outer, tmp_path / "absent.toml")
    (tmp_path / "bad.toml").write_text("number = = 3")
    with pytest.raises(ZwickyError, match="not valid TOML"):
        read_toml(Outer, tmp_path / "bad.toml")


def test_integers_are_floats_where_floats_are_meant():
    assert from_mapping(Outer, {"limits": [1, 2]}).limits == (1.0, 2.0)
    made = to_mapping(Outer())
    assert (made["number"], made["limits"]) == (1, [1.0])
    assert made["inner"] == {"width": 1.0, "kind": "round"}
    assert from_mapping(Outer, made) == Outer()


@dataclass(frozen=True)
class Ranged:
    share: float = setting(0.5, "[0, 1)", "a fraction")
    count: int | None = setting(None, "[3, inf)")
    widths: tuple[float, ...] = setting((1.0,), "(0, 9]")
    kind: Literal["round", "square"] = "round"

    def __post_init__(self):
        check_ranges(self)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"share": 1.0}, "share = 1.0 is not allowed; give at least 0 and below 1 (a fraction)"),
        ({"share": float("nan")}, "share = nan is not allowed"),
        ({"count": 2}, "count = 2 is not allowed; give at least 3"),
        ({"widths": (1.0, 0.0)}, "widths = (1.0, 0.0) is not allowed; give above 0 and at most 9"),
        ({"widths": ()}, "widths = () is not allowed"),
        ({"kind": "oval"}, "kind = 'oval' is not allowed; use one of round, square"),
    ],
)
def test_numbers_outside_their_range_are_named(change, message):
    with pytest.raises(ZwickyError) as error:
        Ranged(**change)
    assert message in str(error.value)


def test_numbers_at_the_ends_of_their_range():
    assert Ranged(share=0.0, count=3, widths=(9.0, 1e-9), kind="square").count == 3
    assert Ranged(count=None) == Ranged()
