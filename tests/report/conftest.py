"""One made-up run and its report for all tests of this folder."""

import pytest
from fake_run import make_run

from zwicky.report import read_run, report_style, write_report


@pytest.fixture(scope="session")
def steps():
    """What `write_report` told its progress callback: filled by the `report` fixture."""
    return []


@pytest.fixture(scope="session")
def run_directory(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def run(run_directory):
    return read_run(run_directory)


@pytest.fixture(scope="session")
def report(run_directory, steps):
    """Path of the report, with its figures drawn."""
    return write_report(run_directory, lambda *told: steps.append(told))


@pytest.fixture
def style():
    """The report's matplotlib settings for the length of a test."""
    with report_style():
        yield
