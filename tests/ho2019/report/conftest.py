"""The report of a made-up run, for all tests of this folder."""

import pytest

from zwicky.ho2019.report import write_report


@pytest.fixture(scope="session")
def steps():
    """What `write_report` told its progress callback: filled by the `report` fixture."""
    return []


@pytest.fixture(scope="session")
def report(run_directory, steps):
    """Path of the report, with its figures drawn."""
    return write_report(run_directory, lambda *told: steps.append(told))
