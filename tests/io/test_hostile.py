"""Hostile and careless files: nothing else is opened, and time and memory are bounded by their size."""

import gzip
import json
import subprocess
import sys
import zlib

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

from zwicky.errors import ZwickyError
from zwicky.io.observed import read_observed
from zwicky.io.readers import read_tables
from zwicky.io.readers.inert_yaml import inert_yaml
from zwicky.io.tabular import read_any

#: Reads every file named, and says what each gave, the time it worked, the peak of memory, what was opened.
SCRIPT = """
import json, os, resource, sys, time
opened = []
STATUS = "/proc/self/status"
def peak_gib():
    # Where there is no such file; else the peak since this program began, not that of the one it came from.
    if not os.path.exists(STATUS):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    with open(STATUS) as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 2**20
WATCHED = "open urllib.Request socket.connect os.system subprocess.Popen".split()
def watch(event, args):
    if event in WATCHED and args[0] != STATUS:
        opened.append(f"{event} {args[0]!r}")
sys.addaudithook(watch)
from zwicky.errors import ZwickyError
from zwicky.io.observed import read_observed
out = []
for name in sys.argv[1:]:
    begin = time.process_time()
    try:
        said = str(len(read_observed(name, h=0.7, redshift=0.1)[0].v_los))
    except ZwickyError as error:
        said = str(error)
    out.append([said, time.process_time() - begin, peak_gib()])
print(json.dumps([out, opened]))
"""


ENTITY = '<!DOCTYPE v [<!ENTITY a "aaaa">]>'


def read_in_a_process(*paths):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, paths)], capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def aliases(levels):
    rows = "".join(
        f"#   {chr(97 + i)}: &{chr(97 + i)} [{','.join(['x' if i == 0 else '*' + chr(96 + i)] * 10)}]\n"
        for i in range(levels)
    )
    return (
        "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: r_proj, datatype: float64}\n"
        f"# - {{name: v_los, datatype: float64}}\n# meta:\n{rows}#   redshift: *{chr(96 + levels)}\n"
        "# schema: astropy-2.0\nr_proj v_los\n0.1 5\n"
    )


def zeros_in_gzip(n):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(n >> 20)) + packer.flush()


def fits_with(tmp_path, *changes):
    path = tmp_path / "plain.fits"
    if not path.exists():
        Table({"r_proj": np.ones(20), "v_los": np.arange(20.0)}).write(path)
    data = path.read_bytes()
    for key, value in changes:
        at = data.index(f"{key:8}=".encode(), 2880)
        data = data[:at] + f"{key:8}= {value:>20}".encode().ljust(80) + data[at + 80 :]
    return data


def votable(inside, field='<FIELD name="v_los" datatype="double"/>'):
    return (
        '<?xml version="1.0"?><VOTABLE version="1.3"><RESOURCE><TABLE>'
        f'<FIELD name="r_proj" datatype="double"/>{field}<DATA>{inside}</DATA></TABLE></RESOURCE></VOTABLE>'
    )


def hostile(tmp_path):
    """Files by name and a piece of the one line that each gives; the number of rows where it is read."""
    rows = "".join(f"{0.1 + i / 1000},{i % 900},{'x' * 50_000 if i == 7 else 'y'}\n" for i in range(20_000))
    texts = {
        "blanks.csv": ("r_proj,v_los,x [" + " " * 100_000 + "\n1,2,3\n", "1"),
        "brackets.csv": ("r_proj,v_los," + "[" * 50_000 + "\n1,2,3\n", "1"),
        "angle.csv": ("ra,dec,z\n" + "1" + " " * 100_000 + ",28,0.05\n", "--centre"),
        "wide.csv": ("r_proj,v_los,note\n" + rows, "20000"),
        "aliases.ecsv": (aliases(6), "grow beyond all measure"),
        "more.ecsv": (aliases(20), "grow beyond all measure"),
        "itself.ecsv": (aliases(1).replace("[x,", "[*a,"), "grow beyond all measure"),
        "deep.ecsv": (aliases(1).replace("[x,", "[" * 5000 + "x,"), "nested"),
        "entity.vot": (
            votable("<TABLEDATA/>").replace("<VOTABLE", f"{ENTITY}<VOTABLE", 1),
            "an entity",
        ),
        "wide.vot": (
            votable(
                "<TABLEDATA><TR><TD>1</TD><TD>2</TD></TR></TABLEDATA>",
                '<FIELD name="v_los" datatype="char" arraysize="2000000000"/>',
            ),
            "2000000000 elements",
        ),
    }
    for name, (text, _) in texts.items():
        (tmp_path / name).write_text(text)
    expected = {name: said for name, (_, said) in texts.items()}

    binary = {
        "bomb.csv.gz": (zeros_in_gzip(300 << 20), "grow to more than"),
        "cut.csv.gz": (gzip.compress(b"r_proj,v_los\n1,2\n" * 50)[:40], "cut short"),
        "negative.fits": (fits_with(tmp_path, ("NAXIS1", -16)), "NAXIS1 = -16"),
        "huge.fits": (fits_with(tmp_path, ("NAXIS2", 10**12)), "cut short"),
        "fields.fits": (fits_with(tmp_path, ("TFIELDS", 10**9)), "TFIELDS"),
        "below.fits": (fits_with(tmp_path, ("PCOUNT", -(10**9))), "bytes"),
    }
    for name, (data, said) in binary.items():
        (tmp_path / name).write_bytes(data)
        expected[name] = said

    n = 20_000
    long = pa.DictionaryArray.from_arrays(np.zeros(n, dtype=np.int32), pa.array(["x" * 20_000_000]))
    for name, column, said in (
        ("long.parquet", "cluster_id", "text of 20000000 letters"),
        ("note.parquet", "note", str(n)),
    ):
        table = pa.table({"r_proj": np.ones(n), "v_los": np.ones(n), column: long})
        pq.write_table(table, tmp_path / name, compression="zstd", store_schema=False)
        expected[name] = said
    with h5py.File(tmp_path / "empty.hdf5", "w") as file:
        for name in ("r_proj", "v_los"):
            file.create_dataset(name, (10**11,), "f8", chunks=(10**6,))
    expected["empty.hdf5"] = "bytes in a file of"
    return expected


def test_time_and_memory_are_bounded(tmp_path):
    expected = hostile(tmp_path)
    results, _ = read_in_a_process(*(tmp_path / name for name in expected))
    for (name, piece), (said, seconds, peak) in zip(expected.items(), results, strict=True):
        assert said == piece if piece.isdigit() else piece in said, name
        assert len(said) < 500, name
        assert seconds < 5.0, name
        assert peak < 1.0, f"{name}: {peak} GiB"


def test_only_the_columns_that_are_wanted_are_read(tmp_path):
    (tmp_path / "g.csv").write_text("a,b\n1," + "x" * 5000 + "\n2,y\n")
    assert read_any(tmp_path / "g.csv", ["a"]).colnames == ["a"]
    assert read_any(tmp_path / "g.csv")["b"].dtype.kind == "O"
    with pytest.raises(ZwickyError, match="has no column c; it has a, b"):
        read_any(tmp_path / "g.csv", ["a", "c"])


def test_nothing_but_the_file_is_opened(tmp_path):
    trove = tmp_path / "trove.csv"
    trove.write_text("r_proj,v_los\n1,2\n")
    with h5py.File(tmp_path / "trove.hdf5", "w") as file:
        file["v_los"] = np.arange(20.0)
    (tmp_path / "trove.bin").write_bytes(bytes(160))
    files = {}
    for i, place in enumerate([f"file://{trove}", str(trove), "http://127.0.0.1:9/x", "/dev/zero"]):
        files[f"stream{i}.vot"] = votable(f'<BINARY><STREAM href="{place}" encoding="base64"/></BINARY>')
    files["prefixed.vot"] = (
        files["stream0.vot"].replace("<STREAM", "<v:STREAM").replace("<VOTABLE", '<VOTABLE xmlns:v="u"')
    )
    files["entity.vot"] = votable("<TABLEDATA>&x;</TABLEDATA>").replace(
        "<VOTABLE", f'<!DOCTYPE v [<!ENTITY x SYSTEM "file://{trove}">]><VOTABLE', 1
    )
    files["tag.ecsv"] = aliases(1).replace("[x,", f"!!python/object/apply:builtins.open [{trove},")
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    metadata = {"table_meta_yaml": f"a: !!python/object/apply:os.system ['cat {trove}']"}
    table = pa.table({"r_proj": [1.0], "v_los": [2.0]}).replace_schema_metadata(metadata)
    pq.write_table(table, tmp_path / "tag.parquet")
    with h5py.File(tmp_path / "link.hdf5", "w") as file:
        file["r_proj"] = np.ones(20)
        file["v_los"] = h5py.ExternalLink(str(tmp_path / "trove.hdf5"), "v_los")
    with h5py.File(tmp_path / "external.hdf5", "w") as file:
        file["r_proj"] = np.ones(20)
        file.create_dataset("v_los", (20,), "f8", external=[(str(tmp_path / "trove.bin"), 0, 160)])
    with h5py.File(tmp_path / "virtual.hdf5", "w") as file:
        file["r_proj"] = np.ones(20)
        layout = h5py.VirtualLayout((20,), "f8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "trove.hdf5"), "v_los", (20,))
        file.create_virtual_dataset("v_los", layout)
    expected = dict.fromkeys((name for name in files if name != "entity.vot"), "which is not opened")
    expected |= {"entity.vot": "an entity", "tag.ecsv": "1", "tag.parquet": "1"}
    expected |= dict.fromkeys(["link.hdf5", "external.hdf5", "virtual.hdf5"], "no column v_los")
    results, opened = read_in_a_process(*(tmp_path / name for name in expected))
    given_away = ("trove", "/dev/zero", "127.0.0.1", "socket.connect", "urllib.Request", "os.system", "'cat")
    assert not [event for event in opened if any(word in event for word in given_away)]
    assert any("stream0.vot" in event for event in opened)
    for (name, piece), (said, *_) in zip(expected.items(), results, strict=True):
        assert said == piece if piece.isdigit() else piece in said, name


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero", "/", "/proc/self/mem"])
def test_only_files_are_read(path):
    with pytest.raises(ZwickyError):
        read_tables(path)


def test_yaml_is_plain_values():
    text = "a: !!python/object/apply:os.getcwd []\nb: !astropy.units.Unit {unit: deg}\nc: !!omap [{x: 1}]"
    assert inert_yaml(text) == {"a": [], "b": {"unit": "deg"}, "c": [("x", 1)]}
    assert inert_yaml("&id001 [*id002x]".replace("*id002x", "1")) == [1]


def test_one_hostile_column_does_not_matter_where_it_is_not_used(tmp_path):
    table = {"r_proj": [1.0, 2.0], "v_los": [3.0, 4.0], "spectrum": [[1.0] * 5] * 2}
    pq.write_table(pa.table(table), tmp_path / "g.parquet")
    assert read_observed(tmp_path / "g.parquet", h=0.7, redshift=0.1)[0].v_los.tolist() == [3, 4]
