"""A mistake is one printable line, whatever was in the file that it is about."""

from hypothesis import given
from hypothesis import strategies as st

from zwicky.errors import ZwickyError, printable


@given(text=st.text())
def test_a_message_is_one_line_that_no_terminal_obeys(text):
    said = str(ZwickyError(text))
    assert said.isprintable()
    assert said == printable(text)
    assert printable(said) == said


def test_letters_of_every_language_stay():
    assert str(ZwickyError("Zürich 星系団 M☉")) == "Zürich 星系団 M☉"


def test_a_file_cannot_make_a_line_endless():
    said = str(ZwickyError(f"g.csv: no column {'x' * 5000}; it has ra, dec"))
    assert len(said) < 900
    assert said.startswith("g.csv: no column x")
    assert said.endswith("x; it has ra, dec")
