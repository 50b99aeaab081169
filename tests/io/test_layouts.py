"""What archives hand out is read: the same galaxies from every layout, and a line about what was taken."""

import numpy as np
import pytest

from sky_field import LAYOUTS, field
from zwicky.io.centres import parse_centre
from zwicky.io.observed import SkyList, read_observed

CENTRE = parse_centre("194.95,27.98,0.05")


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_same_galaxies_in_every_layout(tmp_path, name):
    file, write = LAYOUTS[name]
    write(tmp_path / file)
    found, centres = read_observed(tmp_path / file, CENTRE, h=0.7)
    assert isinstance(found, SkyList)
    assert centres is CENTRE
    for ours, values in zip((found.ra, found.dec, found.z), field(), strict=True):
        np.testing.assert_allclose(ours, values, rtol=0, atol=2e-6)
    assert found.cluster_id is None


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("VizieR", "g.tsv: took RAJ2000 for ra, DEJ2000 for dec"),
        ("velocities by name", "g.csv: took cz for cz in km/s"),
        ("sexagesimal", "g.csv: read RA_J2000 as sexagesimal hours"),
        ("decimal commas", "g.csv: read z as decimal commas"),
        ("Latin-1", "g.csv: is not UTF-8; read as Latin-1"),
        ("FITS, second HDU", "g.fits: read HDU 2 GALAXIES; left HDU 1 PIXELS (--table takes another)"),
    ],
)
def test_a_line_says_what_was_taken_for_what(tmp_path, name, line):
    file, write = LAYOUTS[name]
    write(tmp_path / file)
    assert line in read_observed(tmp_path / file, CENTRE, h=0.7)[0].notes
