"""Files damaged at random: a table or one line, never a traceback, and never more rows than before."""

import numpy as np
import pytest

from sky_field import LAYOUTS
from zwicky.errors import ZwickyError
from zwicky.io.centres import parse_centre
from zwicky.io.observed import read_observed

CENTRE = parse_centre("194.95,27.98,0.05")


def damaged(data, rng):
    """Some bytes of a file changed, left out, doubled or moved, or its end cut off."""
    out = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        at, n = int(rng.integers(0, max(len(out), 1))), int(rng.integers(1, 60))
        kind = rng.integers(0, 5)
        if kind == 0:
            out[at : at + 1] = bytes([int(rng.integers(0, 256))])
        elif kind == 1:
            del out[at : at + n]
        elif kind == 2:
            out[at:at] = out[at : at + n]
        elif kind == 3:
            del out[at:]
        else:
            out[at : at + n] = rng.choice([b'"', b"\x00", b"\n", b",", b"9" * n, b"-", b"\xff"])
    return bytes(out)


def outcome(path):
    try:
        found, _ = read_observed(path, CENTRE, h=0.7)
    except ZwickyError as error:
        return str(error)
    return len(found.z)


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("n", [8, pytest.param(100, marks=pytest.mark.slow)])
def test_a_damaged_file_is_a_table_or_one_line(tmp_path, name, n):
    file, write = LAYOUTS[name]
    write(tmp_path / file)
    data = (tmp_path / file).read_bytes()
    rng = np.random.default_rng(n)
    for _ in range(n):
        (tmp_path / file).write_bytes(damaged(data, rng))
        found = outcome(tmp_path / file)
        if isinstance(found, str):
            assert found.isprintable()
            assert len(found) < 1000
        else:
            assert 0 < found <= 400
