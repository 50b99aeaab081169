"""What a release needs says the same everywhere: version, address, dependencies, weights and recipes."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import zwicky
from zwicky.estimators import shipped_models

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HOME = PROJECT["urls"]["Repository"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def loaded(path):
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def tried():
    """Systems and versions of Python that the tests run on."""
    return loaded(".github/workflows/tests.yml")["jobs"]["test"]["strategy"]["matrix"]


def test_one_version_everywhere():
    assert loaded("CITATION.cff")["version"] == zwicky.__version__
    assert loaded("recipe/recipe.yaml")["context"]["version"] == zwicky.__version__
    assert loaded("codemeta.json")["version"] == zwicky.__version__


def test_one_address_everywhere():
    assert all(url.startswith(HOME) for url in PROJECT["urls"].values())
    citation, recipe = loaded("CITATION.cff"), loaded("recipe/recipe.yaml")
    assert citation["repository-code"] == recipe["about"]["repository"] == HOME
    assert loaded("codemeta.json")["codeRepository"] == HOME
    assert loaded("codemeta.json")["referencePublication"].endswith(citation["references"][0]["doi"])
    assert f"git clone {HOME} " in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_pictures_of_the_readme_show_on_pypi_and_exist():
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    base = HOME.replace("github.com", "raw.githubusercontent.com") + "/main/"
    assert pictures
    for address in pictures:
        assert address.startswith(base)
        assert (ROOT / address.removeprefix(base)).is_file()


def test_python_has_no_upper_cap_and_is_tried_from_the_lowest():
    assert PROJECT["requires-python"] == ">=3.11"
    versions = {c.rpartition(" ")[2] for c in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", c)}
    assert (
        set(loaded(".github/workflows/tests.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]) == versions
    )


def test_the_recipe_has_the_dependencies_of_the_package():
    names = {"astropy": "astropy-base", "matplotlib": "matplotlib-base"}
    wanted = {}
    for line in PROJECT["dependencies"]:
        name, _, version = line.partition(">=")
        wanted[names.get(name, name)] = version
    recipe = loaded("recipe/recipe.yaml")
    found = dict(line.split(" >=") for line in recipe["requirements"]["run"][1:])
    assert found == wanted
    commands = [f"{name} = {place}" for name, place in PROJECT["scripts"].items()]
    assert recipe["build"]["python"]["entry_points"] == commands


def test_lowest_versions_are_those_that_are_allowed():
    printed = subprocess.run(
        [sys.executable, ROOT / ".ci" / "lowest", "pandas>=2.2"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert len(printed) == len(PROJECT["dependencies"]) + 1
    assert "numpy==2.0" in printed
    assert all("==" in line for line in printed)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_run_what_is_there(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert set(job.get("needs", [])) <= set(workflow["jobs"]) or job["needs"] in workflow["jobs"]
        for step in job["steps"]:
            command = step.get("run", "")
            if command.startswith("make ") and "$" not in command:
                assert set(command.split()[1:]) <= targets
            if command.startswith(".ci/"):
                assert (ROOT / command).stat().st_mode & 0o111
        for target in job.get("strategy", {}).get("matrix", {}).get("target", []):
            assert target in targets


def test_every_platform_that_is_promised_is_tried():
    systems = tried()["os"]
    assert {"ubuntu", "macos"} == {name.partition("-")[0] for name in systems}
    assert any(name.endswith("-arm") for name in systems)


def test_every_shipped_model_has_its_recipe_and_its_version():
    recipes = (ROOT / "src" / "zwicky" / "models" / "README.md").read_text(encoding="utf-8")
    assert shipped_models()
    for name, directory in shipped_models().items():
        assert re.search(rf"^zwicky train .*--estimator {name}\b.*--out {name}$", recipes, re.MULTILINE), name
        provenance = json.loads((Path(directory) / "provenance.json").read_text(encoding="utf-8"))
        assert re.fullmatch(r"\d+\.\d+\.\d+\S*", provenance["zwicky"])
        assert provenance["schema"] >= 2


def test_every_citation_of_the_paper_is_in_its_bibliography():
    paper = (ROOT / "paper" / "paper.md").read_text(encoding="utf-8")
    keys = set(re.findall(r"@(\w+\d{4})", paper))
    entries = set(
        re.findall(r"^@\w+\{(\w+),", (ROOT / "paper" / "paper.bib").read_text(encoding="utf-8"), re.M)
    )
    assert keys == entries
    assert yaml.safe_load(paper.split("---")[1])["bibliography"] == "paper.bib"


def test_nothing_unsafe_reads_files():
    unsafe = re.compile(
        r"\bimport pickle|pickle\.load|allow_pickle=True|\beval\(|\bexec\(|yaml\.(load|unsafe_load)\("
    )
    found = [
        (path.name, line.strip())
        for path in (ROOT / "src").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if unsafe.search(line) and ".eval()" not in line
    ]
    assert all("Loader=_Inert" in line for _, line in found), found
