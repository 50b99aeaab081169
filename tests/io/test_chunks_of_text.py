"""The streaming engine against numbers parsed by Python itself, and against every way a file can be wrong."""

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zwicky.errors import ZwickyError
from zwicky.io.kinds import open_bytes
from zwicky.io.readers import numbers_in_text as text
from zwicky.io.readers.numbers_in_text import TextTable, read_columns

NAMES = ("a", "id", "b")


def table_of(path, body, start=b"#a id b\n", **more):
    path.write_bytes(start + body)
    return TextTable(path, NAMES, frozenset({"id"}), len(start), names_line=start, **more)


def read(table, columns=NAMES, rows=10**6):
    chunks = list(read_columns(table, columns, rows))
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in columns} if chunks else {}


def message(call, *args):
    with pytest.raises(ZwickyError) as error:
        call(*args)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


@given(
    numbers=st.lists(
        st.tuples(
            st.floats(width=64),
            st.integers(-(2**63), 2**63 - 1),
            st.floats(allow_nan=False, allow_infinity=False),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_every_number_is_read_to_the_last_bit(tmp_path_factory, numbers):
    body = "".join(f"{a!r} {i} {b:.17e}\n" for a, i, b in numbers).encode()
    found = read(table_of(tmp_path_factory.mktemp("t") / "t", body))
    a, i, b = zip(*numbers, strict=True)
    np.testing.assert_array_equal(found["a"], a)
    assert found["id"].dtype == np.int64
    assert found["id"].tolist() == list(i)
    assert found["b"].tolist() == [float(f"{x:.17e}") for x in b]


LAYOUTS = {
    "plain": "{} {} {}\n",
    "runs of blanks": "  {}   {}     {} \n",
    "tabs": "{}\t{}\t{}\n",
    "both": " \t{} \t {}\t{}\t \n",
    "other line ends": "{} {} {}\r\n",
    "empty lines": "{} {} {}\n\n \n",
    "remarks": "{} {} {}\n# a remark\n",
    "header again": "{} {} {}\n#a id b\n",
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("block", [40, 333, 1 << 24])
def test_blanks_remarks_and_blocks_do_not_matter(tmp_path, monkeypatch, layout, block):
    monkeypatch.setattr(text, "BLOCK", block)
    body = "".join(
        LAYOUTS[layout].format(f"{0.5 * i}", 2**53 + 1 + i, f"-{i}e-3") for i in range(100)
    ).encode()
    found = read(table_of(tmp_path / "t", body))
    assert found["a"].tolist() == [0.5 * i for i in range(100)]
    assert found["id"].tolist() == [2**53 + 1 + i for i in range(100)]
    assert found["b"].tolist() == [float(f"-{i}e-3") for i in range(100)]


def test_chunks_have_at_most_the_rows_asked_for_and_the_columns_asked_for(tmp_path):
    table = table_of(tmp_path / "t", b"".join(b"%d %d 0\n" % (i, i) for i in range(25)))
    chunks = list(read_columns(table, ["id"], 10))
    assert [len(chunk["id"]) for chunk in chunks] == [10, 10, 5]
    assert all(list(chunk) == ["id"] for chunk in chunks)


def test_threads_do_not_change_the_order(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "BLOCK", 1000)
    table = table_of(tmp_path / "t", b"".join(b"%d %d 0\n" % (i, i) for i in range(5000)))
    for cores in (1, 7):
        monkeypatch.setattr(text, "available_cores", lambda cores=cores: cores)
        assert read(table)["id"].tolist() == list(range(5000))


def test_what_is_not_a_number_in_c_is_nan_or_inf(tmp_path):
    table = table_of(tmp_path / "t", b"nan 1 inf\n-nan 2 -inf\nNaN 3 INF\nNAN 4 Infinity\n")
    found = read(table)
    assert np.isnan(found["a"]).all()
    assert found["b"].tolist() == [np.inf, -np.inf, np.inf, np.inf]


def test_gzip_of_several_members(tmp_path):
    start, parts = b"#a id b\n", [b"1 2 3\n4 5", b" 6\n7 8 9\n"]
    (tmp_path / "t.gz").write_bytes(gzip.compress(start) + b"".join(map(gzip.compress, parts)))
    table = TextTable(tmp_path / "t.gz", NAMES, frozenset({"id"}), len(start), names_line=start)
    assert read(table)["id"].tolist() == [2, 5, 8]


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        (b"1 2 3\n4 5 6", 3, "last line has no end"),
        (b"1 2 3\n4 5", 3, "has 2 columns"),
        (b"1 2 3\n4 5\n7 8 9\n", 3, "has 2 columns where the header names 3"),
        (b"1 2 3\n7 8 9\n4 5 6 7\n", 4, "has 4 columns"),
        (b"1 2 3\n# all\n\n4 5 oops\n", 5, "b is 'oops', not a number"),
        (b"1 2.0 3\n", 2, "id is '2.0', not an integer"),
        (b"1 2 3\n1 9223372036854775808 3\n", 3, "id is '9223372036854775808', not an integer of 64 bits"),
        (b"1 0x10 3\n", 2, "id is '0x10', not an integer"),
        (b"1 nan 3\n", 2, "id is 'nan', not an integer"),
        (b"1 2 3\n1 2\0 3\n", 3, "NUL"),
        (b"1 2 3\n#b id a\n1 2 3\n", 3, "names other columns"),
        (b"1 2 3 # good\n", 2, "has 5 columns"),
        (b"1 2 3\r4 5 6\n", 2, "has 6 columns"),
        (b"1_0 2 3\n", 2, "a is '1_0', not a number"),
        (b"\xff\xfe 2 3\n", 2, "not a number"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path, monkeypatch, body, line, reason):
    table = table_of(tmp_path / "t", body)
    for block in (16, 1 << 24):
        monkeypatch.setattr(text, "BLOCK", block)
        told = message(read, table)
        assert told.startswith(f"{tmp_path / 't'}, line {line}: ")
        assert reason in told


def test_a_hexadecimal_column_that_is_not_read_is_no_fault(tmp_path):
    assert read(table_of(tmp_path / "t", b"0x1 2 3\n"), ["id"])["id"].tolist() == [2]


def test_rows_before_a_fault_are_given(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "BLOCK", 60)
    table = table_of(tmp_path / "t", b"1 2 3\n" * 100 + b"1 2\n")
    chunks = read_columns(table, ["id"], 1000)
    assert sum(len(next(chunks)["id"]) for _ in range(10)) == 100
    with pytest.raises(ZwickyError, match="line 102"):
        next(chunks)


def test_a_file_of_one_endless_line(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "BLOCK", 100)
    monkeypatch.setattr(text, "LONGEST_LINE", 1000)
    assert "no line end" in message(read, table_of(tmp_path / "t", b"1 " * 5000))


def test_long_lines_are_read(tmp_path):
    names = tuple(f"c{i}" for i in range(90_000))
    (tmp_path / "t").write_text(2 * (" ".join(str(i) for i in range(90_000)) + "\n"))
    table = TextTable(tmp_path / "t", names, frozenset({"c70000"}))
    assert read(table, ["c70000"])["c70000"].tolist() == [70000, 70000]


def test_commas_quotes_and_missing_values(tmp_path):
    table = table_of(tmp_path / "t", b'1,"2",\n , 5 , 6.5\nnull,7,"8"\n', b"a,id,b\n", delimiter=",")
    found = read(table)
    np.testing.assert_array_equal(found["a"], [1, np.nan, np.nan])
    np.testing.assert_array_equal(found["b"], [np.nan, 6.5, 8])
    assert found["id"].tolist() == [2, 5, 7]
    told = message(read, table_of(tmp_path / "u", b"1,2,3\n1,,3\n", b"a,id,b\n", delimiter=","))
    assert "line 3: id is ''" in told


def test_a_file_that_cannot_be_opened(tmp_path):
    assert "No such file" in message(open_bytes(tmp_path / "none").__enter__)
    assert "directory" in message(open_bytes(tmp_path).__enter__)


@pytest.mark.parametrize("cut", [5, 30, -10, -3])
def test_a_gzip_file_cut_short(tmp_path, cut):
    start = b"#a id b\n"
    body = b"".join(b"%d %d %d\n" % (i, i * i, -i) for i in range(1000))
    (tmp_path / "t.gz").write_bytes(gzip.compress(start + body)[:cut])
    table = TextTable(tmp_path / "t.gz", NAMES, frozenset({"id"}), len(start), names_line=start)
    assert "cut short or damaged" in message(read, table)


def test_a_damaged_gzip_file(tmp_path):
    start = b"#a id b\n"
    whole = bytearray(gzip.compress(start + b"".join(b"%d %d %d\n" % (i, i * i, -i) for i in range(1000))))
    whole[len(whole) // 2] ^= 0xFF
    (tmp_path / "t.gz").write_bytes(whole)
    table = TextTable(tmp_path / "t.gz", NAMES, frozenset({"id"}), len(start), names_line=start)
    message(read, table)


def read_or_told(table):
    try:
        return read(table), ""
    except ZwickyError as error:
        return {}, str(error)


def by_hand(body):
    """Rows by Python's own parsers; None if any line is wrong."""
    rows = []
    if not body.endswith(b"\n"):
        return None
    for line in body.split(b"\n"):
        if not line.strip() or line.strip().startswith(b"#"):
            continue
        words = line.split()
        if len(words) != 3:
            return None
        try:
            rows.append((float(words[0]), int(words[1]), float(words[2])))
        except ValueError:
            return None
    return rows


SOUND = b"".join(b"%.4e %d %.3f\n" % (1e11 * 1.7**i, 2**53 + i, -0.5 * i) for i in range(12))


@given(
    changes=st.lists(
        st.tuples(
            st.integers(0, len(SOUND) - 1),
            st.sampled_from(b"0189 \n\r\t#.-+eEnxX_,\0\xff\"'d") | st.integers(0, 255),
        ),
        max_size=3,
    ),
    cut=st.integers(0, len(SOUND)) | st.none(),
    swap=st.tuples(st.integers(0, len(SOUND)), st.integers(0, len(SOUND))) | st.none(),
)
def test_a_damaged_file_is_refused_or_read_as_python_reads_it(tmp_path_factory, changes, cut, swap):
    body = bytearray(SOUND)
    for place, byte in changes:
        body[place] = byte
    if swap:
        i, j = sorted(swap)
        body = body[i:j] + body[:i] + body[j:]
    body = bytes(body[:cut])
    table = table_of(tmp_path_factory.mktemp("t") / "t", body)
    found, told = read_or_told(table)
    if told:
        assert len(told.splitlines()) == 1
        return
    rows = by_hand(body) if body.strip() else []
    assert rows is not None
    for k, name in enumerate(NAMES if rows else ()):
        np.testing.assert_array_equal(found[name], [row[k] for row in rows])
    assert bool(found) == bool(rows)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the kernel does not tell peak memory")
def test_memory_is_bounded_by_the_block(tmp_path):
    line = b" ".join(b"%d.%05d" % (i, i) for i in range(70)) + b"\n"
    with (tmp_path / "big").open("wb") as file:
        for _ in range(60):
            file.write(line * 20_000)
    script = f"""
from pathlib import Path
from zwicky.io.readers.numbers_in_text import TextTable, read_columns
def peak():
    words = Path("/proc/self/status").read_text().split()
    return int(words[words.index("VmHWM:") + 1])
before = peak()
table = TextTable(Path({str(tmp_path / "big")!r}), tuple(f"c{{i}}" for i in range(70)), frozenset())
rows = sum(len(c["c1"]) for c in read_columns(table, [f"c{{i}}" for i in range(15)], 10**6))
print(rows, peak() - before)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    rows, kibibytes = map(int, done.stdout.split())
    assert rows == 60 * 20_000
    assert kibibytes < 400 * 1024
