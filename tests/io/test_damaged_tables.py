"""Tables of ours that something has damaged: one clear line, or a table."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from damage import damage_of_hdf5, damage_of_parquet, one_line_or_no_error
from io_tables import galaxies_of, halos_of, sample_of
from zwicky.cosmology import paper_cosmology
from zwicky.errors import ZwickyError
from zwicky.io import read_sample, read_table, write_sample, write_table
from zwicky.tables import ClusterSample, GalaxyTable, HaloTable

KINDS = {
    "sample": (sample_of, write_sample, read_sample, ClusterSample),
    "galaxies": (galaxies_of, write_table, lambda path: read_table(GalaxyTable, path), GalaxyTable),
    "halos": (halos_of, write_table, lambda path: read_table(HaloTable, path), HaloTable),
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return KINDS[request.param]


@pytest.fixture(scope="module")
def written(kind, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    for suffix in (".hdf5", ".parquet"):
        kind[1](folder / f"whole{suffix}", kind[0](paper_cosmology()))
    return folder


@pytest.mark.parametrize("suffix", [".hdf5", ".parquet"])
def test_structural_damage(suffix, kind, written):
    damage = {".hdf5": damage_of_hdf5, ".parquet": damage_of_parquet}[suffix]
    refused = 0

    @settings(max_examples=60)
    @given(st.data())
    def attempt(data):
        nonlocal refused
        path = Path(shutil.copy(written / f"whole{suffix}", written / f"damaged{suffix}"))
        data.draw(damage(path))
        with one_line_or_no_error():
            try:
                assert isinstance(kind[2](path), kind[3])
            except ZwickyError:
                refused += 1
                raise

    attempt()
    assert refused > 20


@pytest.mark.parametrize("suffix", [".hdf5", ".parquet"])
def test_damaged_bytes(suffix, kind, written):
    whole = (written / f"whole{suffix}").read_bytes()

    @settings(max_examples=60)
    @given(st.data())
    def attempt(data):
        path = written / f"bytes{suffix}"
        damaged = bytearray(whole)
        for _ in range(data.draw(st.integers(1, 5))):
            damaged[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(damaged[: data.draw(st.integers(0, len(whole)))])
        with one_line_or_no_error():
            assert isinstance(kind[2](path), kind[3])

    attempt()
