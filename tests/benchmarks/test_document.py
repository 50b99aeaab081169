"""`make benchmark` writes its tables into the page and keeps the prose."""

import re
from pathlib import Path

import pytest
from benchmarks.__main__ import TOPICS, main
from benchmarks.document import with_table, write_table

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def places(text):
    return re.findall(r"<!-- benchmark: (\w+) -->\n.*?<!-- end of benchmark: (\w+) -->", text, re.DOTALL)


def test_the_page_has_a_place_for_every_topic():
    found = places(PAGE.read_text(encoding="utf-8"))
    assert all(begin == end for begin, end in found)
    assert sorted(begin for begin, _ in found) == sorted(TOPICS)


def test_only_the_table_changes(tmp_path):
    page = tmp_path / "page.md"
    before = PAGE.read_text(encoding="utf-8")
    page.write_text(before, encoding="utf-8")
    write_table(page, "images", "| new |\n| \\1 |")
    after = page.read_text(encoding="utf-8")
    begin, end = "<!-- benchmark: images -->", "<!-- end of benchmark: images -->"
    assert after.partition(begin)[0] == before.partition(begin)[0]
    assert after.partition(end)[2] == before.partition(end)[2]
    inside = after.partition(begin)[2].partition(end)[0]
    assert inside.startswith("\n\n| new |\n| \\1 |\n\n")
    assert re.search(r", \d+ cores, load \d+\.\d before; zwicky \d", inside)
    write_table(page, "images", "| new |\n| \\1 |")
    assert page.read_text(encoding="utf-8") == after


def test_a_topic_without_a_place_gets_a_section_at_the_end():
    page = with_table("# Page\n\nProse.\n", "start", "| t |")
    assert page.startswith("# Page\n\nProse.\n\n## start\n\n<!-- benchmark: start -->\n\n| t |\n")
    assert places(page) == [("start", "start")]


def test_the_command_prints_and_writes(tmp_path, monkeypatch, capsys):
    import benchmarks.start
    from benchmarks.table import row

    monkeypatch.setattr(benchmarks.start, "run", lambda: [row("a", "zwicky", 2.0, "s", 2.0)])
    page = tmp_path / "page.md"
    page.write_text("# Page\n", encoding="utf-8")
    assert main(["start", "--write", str(page)]) == 0
    assert "| a | zwicky | 2 | s | 1.0 |" in capsys.readouterr().out
    assert "| a | zwicky | 2 | s | 1.0 |" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("topic", ["stars"])
def test_an_unknown_topic_is_refused(topic, capsys):
    assert main([topic]) == 2
    assert "no benchmark 'stars'" in capsys.readouterr().err
