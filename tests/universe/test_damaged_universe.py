"""A universe's own files, damaged: one clear line, or what was written."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from damage import damaged_json, one_line_or_no_error
from zwicky.errors import ZwickyError
from zwicky.io.files import write_json
from zwicky.universe.checkpoint import read_particles, write_particles
from zwicky.universe.directory import read_identity, read_peak_halo, snapshot_file
from zwicky.universe.evolve import Particles

MADE = {
    "zwicky": "0.2.0",
    "digest": "abc",
    "redshifts": [0.1, 0.5],
    "wall_s": 3.0,
    "packages": {"numpy": "2"},
}


def test_damaged_provenance(tmp_path):
    (tmp_path / "universe.toml").touch()
    write_json(tmp_path / "provenance.json", MADE)
    assert read_identity(tmp_path) == ("abc", (0.1, 0.5))

    @settings(max_examples=100)
    @given(damaged_json(json.dumps(MADE)))
    def attempt(text):
        (tmp_path / "provenance.json").write_text(text)
        with one_line_or_no_error():
            digest, redshifts = read_identity(tmp_path)
            assert isinstance(digest, str)
            assert all(np.isfinite(z) for z in redshifts)

    attempt()


def particles():
    rng = np.random.default_rng(1)
    arrays = {
        "position": rng.random((8, 3), np.float32),
        "momentum": rng.random((8, 3), np.float32),
        "particle_id": np.arange(8, dtype=np.uint32),
        "level": np.arange(8, dtype=np.uint8) % 3,
        "a_short": np.array([0.4, 0.42, 0.43]),
    }
    return Particles(**arrays, step=1, a=0.5, a_long=0.4, pairs=3, pair_seconds=0.1)


def test_damaged_checkpoint(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    write_particles(path, particles(), "digest", 1.5)
    whole = path.read_bytes()
    assert read_particles(path, "digest")[1] == 1.5

    @settings(max_examples=100)
    @given(st.data())
    def attempt(data):
        damaged = bytearray(whole)
        for _ in range(data.draw(st.integers(1, 4))):
            damaged[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(damaged[: data.draw(st.integers(0, len(whole)))])
        with one_line_or_no_error():
            assert isinstance(read_particles(path, "digest")[0], Particles)

    attempt()
    path.write_bytes(whole)
    arrays = load_file(path)
    high = arrays | {"level": arrays["level"] + np.uint8(1)}
    with safe_open(path, framework="numpy") as file:
        save_file(high, tmp_path / "high.safetensors", file.metadata())
    with pytest.raises(ZwickyError, match="a level of 3 of 3"):
        read_particles(tmp_path / "high.safetensors", "digest")
    for header in (None, {"digest": "digest"}, {"digest": "digest", "seconds": "x"}, {"digest": "other"}):
        save_file(arrays, path, header)
        with pytest.raises(ZwickyError) as error:
            read_particles(path, "digest")
        assert "\n" not in str(error.value)


def test_damaged_diagnostics(tmp_path):
    path = snapshot_file(tmp_path, "diagnostics", 0.1)
    np.savez_compressed(path, peak_halo=np.array(3), power=np.arange(5.0))
    whole = path.read_bytes()
    assert read_peak_halo(tmp_path, 0.1) == 3

    @settings(max_examples=60)
    @given(st.integers(0, len(whole) - 1), st.integers(0, 255), st.integers(0, len(whole)))
    def attempt(place, byte, end):
        damaged = bytearray(whole)
        damaged[place] = byte
        path.write_bytes(damaged[:end])
        with one_line_or_no_error():
            assert read_peak_halo(tmp_path, 0.1) in (3, None)

    attempt()
    path.unlink()
    with pytest.raises(ZwickyError, match="cannot be read"):
        read_peak_halo(tmp_path, 0.1)
