"""Files damaged at random, by a seed: what archives hand out, and everything that we write ourselves.

Also a program (``python generated.py FOLDER CASES SEED``), which no case can hang: a library that loops in C
hears no signal, but is told of here with all stacks, and ends.
"""

import contextlib
import dataclasses
import faulthandler
import io
import itertools
import json
import shutil
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from fake_run import make_run
from foreign_universe import made_simulation, write_own_hdf5, write_rockstar, write_universe_machine
from sky_field import CENTRE, LAYOUTS
from synthetic_clusters import synthetic_clusters
from zwicky.cli.predict import predict
from zwicky.errors import ZwickyError
from zwicky.estimators import MSigma, load_model, save_model
from zwicky.ho2019.report import read_run
from zwicky.mocks import Mocks, MockSettings, read_mocks, write_mocks
from zwicky.simulations import ImportSettings, import_catalogs, read_column_map
from zwicky.simulations.formats import open_mapped, open_snapshot
from zwicky.universe import read_galaxies, read_halos, read_identity

#: What a text editor, a spreadsheet, another program or a bad disk puts into a file.
PIECES = (
    *(b'"', b"'", b"\x00", b"\n", b"\r\n", b",", b";", b"\t", b"|", b"#", b"-", b"\xff", b"\xef\xbb\xbf"),
    *(b"nan", b"NaN", b"inf", b"1e999", b"-9999", b"--", b"0x10", b"1_000", b"1,5", b"=1+1", b"\x1b[31m"),
    *(b"<TR>", b"</TD>", b"<![CDATA[", b"&amp;", b"%s", b"{}", b"[" * 50, b"9" * 400, b" " * 3000, b"2e308"),
    *(b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"ra,dec,z\n", b"PAR1", b"\x89HDF\r\n\x1a\n", b"SIMPLE  ="),
)

#: Seconds on the clock, which other programs may slow down, until the program gives up a case.
HANGS_S = 600.0

#: The longest that anything may take, and a mass that is off without a flag: dex, and in its own errors.
LONGEST_S, WRONG_DEX, WRONG_SIGMAS = 5.0, 0.3, 3.0


def damaged(data, rng):
    """A file's bytes with one to four faults: bits flipped, parts left out, doubled, moved or replaced."""
    out = bytearray(data)
    for _ in range(min(4, rng.geometric(0.6))):
        at, n = int(rng.integers(0, len(out) + 1)), int(2 ** rng.uniform(0, 9))
        part, kind = bytes(out[at : at + n]), rng.integers(0, 10)
        if kind == 0 and part:
            out[at] ^= 1 << int(rng.integers(0, 8))
        elif kind == 1:
            del out[at : at + n]
        elif kind == 2:
            out[at:at] = part * int(rng.integers(1, 4))
        elif kind == 3 and rng.random() < 0.5:
            del out[at:]
        elif kind == 4:
            del out[at : at + n]
            to = int(rng.integers(0, len(out) + 1))
            out[to:to] = part
        elif kind == 5:
            out[at : at + n] = rng.bytes(len(part))
        elif kind in (6, 7):
            _change_text(out, rng, lines=kind == 6)
        else:
            out[at : at + int(rng.integers(0, 3))] = PIECES[rng.integers(len(PIECES))]
    return bytes(out)


def _change_text(out, rng, lines):
    """Another digit for a digit; or a line left out, doubled, or put elsewhere."""
    if not lines:
        digits = [i for i, byte in enumerate(out) if 48 <= byte < 58]
        if digits:
            out[digits[rng.integers(len(digits))]] = 48 + int(rng.integers(10))
        return
    rows = bytes(out).splitlines(keepends=True)
    if len(rows) > 1:
        row = rows[i := int(rng.integers(len(rows)))]
        if rng.random() < 0.5:
            del rows[i]
        if rng.random() < 0.7:
            rows.insert(int(rng.integers(len(rows) + 1)), row)
        out[:] = b"".join(rows)


@dataclasses.dataclass
class Subject:
    """A file that is damaged, and what reads it; `check` of its answer, if it gives one."""

    name: str
    path: Path
    read: Callable
    check: Callable = lambda answer: None

    def __post_init__(self):
        self.whole = self.path.read_bytes()


class TooLong(BaseException):
    """A case took longer than `LONGEST_S` of this process's own time."""


def attempt(subject, rng):
    """Damage the file and read it; ``"refused"`` or ``"read"``, or what is wrong, and the seconds."""

    def end(*_):
        raise TooLong

    subject.path.write_bytes(damaged(subject.whole, rng))
    before = signal.signal(signal.SIGVTALRM, end)
    begin = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST_S)
    try:
        answer = subject.read()
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        found = subject.check(answer) or "read"
    except ZwickyError as error:
        text = str(error)
        found = "refused" if text.isprintable() and len(text) < 1000 else f"no clear line: {text[:300]!r}"
    except TooLong:
        found = f"longer than {LONGEST_S} s"
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        subject.path.write_bytes(subject.whole)
    return found, time.process_time() - begin


def _observers_file(folder, name, model):
    """A table of one cluster's galaxies as an archive writes it, weighed as a user does."""
    file, write = LAYOUTS[name]
    folder = folder / name.replace(" ", "_").replace(",", "")
    folder.mkdir()
    write(folder / file)

    def masses():
        centre = ",".join(map(str, CENTRE))
        with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(io.StringIO()):
            predict(folder / file, centre=centre, model=str(model), m_sigma=str(model), as_json=True)
        return json.loads(said.getvalue())["clusters"]

    true = masses()[0]["log10_m200c"]

    def check(rows):
        for row in rows:
            if row["flag"] != "ok":
                continue
            off = abs(row["log10_m200c"] - true)
            if off > max(WRONG_DEX, WRONG_SIGMAS * (row["log10_m200c_err"] or 0)):
                return f"a mass off by {off:.2f} dex is called ok, of {row['n_galaxies']} galaxies"
        return None

    return Subject(name, folder / file, masses, check)


def _models_files(folder, relation, cluster):
    """Every file of a model; a damaged one is refused, and so gives no mass."""
    save_model(folder / "model", relation, {"seed": 1})
    true = relation.predict(cluster).log10_m200c[0]

    def check(model):
        mass = model.predict(cluster).log10_m200c[0]
        return None if mass == true else f"a damaged model gives {mass}, not {true}"

    for path in sorted((folder / "model").iterdir()):
        yield Subject(f"model {path.name}", path, lambda: load_model(folder / "model"), check)


def _same_rows(true):
    def check(mocks):
        same = all(np.array_equal(getattr(mocks, n).v_los, getattr(true, n).v_los) for n in ("train", "test"))
        return None if same else "other galaxies than were written"

    return check


def _mocks_files(folder, sample):
    true = Mocks(sample, sample, sample, sample, MockSettings())
    write_mocks(folder / "mocks", true, source="a test")
    for path in sorted((folder / "mocks").iterdir()):
        yield Subject(f"mocks {path.name}", path, lambda: read_mocks(folder / "mocks"), _same_rows(true))


def _universes_files(folder):
    """What `zwicky import` reads, and the universe that it makes of it."""
    simulation = made_simulation(box_mpc_h=40.0)
    column_map = write_own_hdf5(folder, simulation)
    halos = write_rockstar(folder / "out_5.list", simulation)
    galaxies = write_universe_machine(folder / "sfr_catalog_0.800000.bin", simulation)
    universe, number = folder / "universe", itertools.count()

    def imported(opened, place=None):
        place = place or folder / f"u{next(number)}"
        import_catalogs(*(one.reader for one in opened), ImportSettings(), place)
        return place

    def again(opened):
        shutil.rmtree(imported(opened()))

    def known():
        return [open_snapshot(halos), open_snapshot(galaxies)]

    def mapped():
        columns = read_column_map(column_map)
        return [open_mapped(columns, kind, None, None) for kind in ("halos", "galaxies")]

    for path, opened in (
        (halos, known),
        (galaxies, known),
        (column_map, mapped),
        (folder / "own.hdf5", mapped),
    ):
        yield Subject(f"import {path.name}", path, partial(again, opened))
    imported(known(), universe)

    def stands():
        _, (z, *_) = read_identity(universe)
        return read_halos(universe, z), read_galaxies(universe, z)

    for path in sorted(universe.iterdir()):
        yield Subject(f"universe {path.name}", path, stands)


def _runs_files(folder):
    make_run(folder / "run", n_halos=60)
    for name in ("run.toml", "metrics.json", "losses.json", "predictions.parquet", "table3.npz"):
        yield Subject(f"run {name}", folder / "run" / name, lambda: read_run(folder / "run"))


def subjects(folder):
    """Every file that is damaged."""
    sample = synthetic_clusters(30, seed=1, interlopers=5)
    relation = MSigma().fit(synthetic_clusters(300, seed=2), rng=np.random.default_rng(0))
    save_model(folder / "relation", relation, {})
    return [
        *(_observers_file(folder, name, folder / "relation") for name in LAYOUTS),
        *_models_files(folder, relation, sample[:1]),
        *_mocks_files(folder, sample),
        *_universes_files(folder),
        *_runs_files(folder),
    ]


def attempts(folder, n, seed, begins=lambda name: None):
    """Damage each file in turn, `n` cases in all: name, what came of it, and seconds."""
    chosen = subjects(folder)
    for number in range(n):
        subject = chosen[number % len(chosen)]
        name = f"{subject.name}, case {number}"
        begins(name)
        found, seconds = attempt(subject, np.random.default_rng([seed, number]))
        yield name, found, seconds


def main(folder, n, seed):
    """A line of JSON for each case; on standard error what is begun."""

    def begins(name):
        print(name, file=sys.stderr)
        faulthandler.dump_traceback_later(HANGS_S, exit=True)

    for case in attempts(Path(folder), int(n), int(seed), begins):
        print(json.dumps(case))


if __name__ == "__main__":
    main(*sys.argv[1:])
