"""A survey in partitions: the masses of the whole table, bit for bit, whatever lies where."""

import json
import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from survey_on_disk import made_survey
from zwicky.errors import ZwickyError
from zwicky.estimators import load_model
from zwicky.io.columns import parse_columns
from zwicky.survey import Observing, weigh_partition
from zwicky.survey.search import SkyIndex
from zwicky.survey.wide import open_source, partitions_of, plan_survey, weigh_survey
from zwicky.survey.wide import run as runs
from zwicky.survey.wide.cells import SkyCells
from zwicky.survey.wide.partitions import spatial_index
from zwicky.survey.wide.reach import pieces_around
from zwicky.survey.wide.sources import read_pieces
from zwicky.survey.wide.task import Weighing

pytest.importorskip("hats")

OBSERVING = Observing(recentre=True, cosmology="ho2019")
WEIGHING = Weighing("m_sigma", "m_sigma", OBSERVING)


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    """Folders of galaxies and of centres, and the masses from one table of all."""
    root = tmp_path_factory.mktemp("survey")
    galaxies, centres = made_survey()
    (root / "galaxies").mkdir()
    # Files by declination, a few row groups each, as a survey's are sorted by something.
    ordered = galaxies.sort_values("dec", ignore_index=True)
    for number, rows in enumerate(np.array_split(np.arange(len(ordered)), 5)):
        table = pa.Table.from_pandas(ordered.iloc[rows], preserve_index=False)
        pq.write_table(table, root / "galaxies" / f"part{number}.parquet", row_group_size=100)
    centres.to_parquet(root / "centres.parquet")
    whole = weigh_partition(galaxies, centres, load_model("m_sigma"), observing=OBSERVING)
    return root, whole


def masses_of(out):
    frame = pd.concat([pd.read_parquet(path) for path in sorted(out.rglob("Npix*.parquet"))])
    return frame.drop(columns="_healpix_29")


def assert_same(out, whole):
    found = masses_of(out).set_index("cluster_id").loc[whole.cluster_id].reset_index()
    pd.testing.assert_frame_equal(found, whole, check_exact=True, check_dtype=False)


def planned(root, max_centres=3, galaxies="galaxies"):
    return plan_survey(
        root / galaxies, root / "centres.parquet", load_model("m_sigma"), OBSERVING, max_centres=max_centres
    )


def test_partitions_give_the_masses_of_the_whole(survey, tmp_path):
    root, whole = survey
    plan = planned(root)
    assert len(plan.partitions) > 12
    assert sum(len(p.rows) for p in plan.partitions) == len(whole)
    assert any(len(p.pieces) < len(plan.source) for p in plan.partitions)
    facts = weigh_survey(plan, WEIGHING, tmp_path / "masses")
    assert_same(tmp_path / "masses", whole)
    assert facts["n_weighed"] == np.isfinite(whole.log10_m200c).sum() > 20
    assert set(facts["inputs"]["sha256"]) == {"galaxies", "clusters"}
    assert not (tmp_path / "masses.work").exists()
    # One partition gives the same.
    weigh_survey(planned(root, 10_000), WEIGHING, tmp_path / "one")
    assert_same(tmp_path / "one", whole)


@pytest.mark.filterwarnings("ignore")  # of the libraries' own use of each other
def test_what_comes_out_is_a_hats_catalogue(survey, tmp_path):
    import lsdb

    root, whole = survey
    weigh_survey(planned(root, 10), WEIGHING, tmp_path / "masses")
    catalogue = lsdb.open_catalog(tmp_path / "masses")
    assert len(catalogue) == len(whole)
    assert {"cluster_id", "log10_m200c", "flag"} <= set(catalogue.columns)


def test_a_killed_run_goes_on_where_it_stood(survey, tmp_path, monkeypatch):
    root, whole = survey
    plan, out, done = planned(root), tmp_path / "masses", []
    do_task = runs.do_task

    def fails_late(task):
        if len(done) == 5:
            raise KeyboardInterrupt
        done.append(task.out)
        return do_task(task)

    monkeypatch.setattr(runs, "do_task", fails_late)
    with pytest.raises(KeyboardInterrupt):
        weigh_survey(plan, WEIGHING, out)
    assert not out.exists()
    (tmp_path / "masses.work" / "dataset" / ".cut.part").write_text("left by the killed")
    # A file that was cut short is no finished partition.
    done[0].write_bytes(done[0].read_bytes()[:200])
    again = []
    monkeypatch.setattr(runs, "do_task", lambda task: again.append(task.out) or do_task(task))
    weigh_survey(plan, WEIGHING, out)
    assert len(again) == len(plan.partitions) - 4
    assert done[0] in again
    assert not set(done[1:]) & set(again)
    assert_same(out, whole)
    # And once more: nothing is left to do.
    again.clear()
    facts = weigh_survey(plan, WEIGHING, out)
    assert again == []
    assert facts == json.loads((out / "provenance.json").read_text())


def test_other_settings_start_anew_and_replace(survey, tmp_path):
    root, _ = survey
    out = tmp_path / "masses"
    first = weigh_survey(planned(root), WEIGHING, out)
    other = Weighing("m_sigma", "m_sigma", Observing(cosmology="ho2019"))
    second = weigh_survey(
        plan_survey(
            root / "galaxies", root / "centres.parquet", load_model("m_sigma"), other.observing, max_centres=3
        ),
        other,
        out,
    )
    assert first["digest"] != second["digest"]
    assert "recentred_kms" not in masses_of(out)
    (out / "mine.txt").write_text("kept")
    with pytest.raises(ZwickyError, match="holds other things than a survey's masses"):
        weigh_survey(planned(root), WEIGHING, out)


def test_no_piece_that_may_hold_a_member_is_left_out(survey):
    root, _ = survey
    source = open_source(root / "galaxies", {})
    galaxies = pd.concat(
        [pd.read_parquet(file).assign(file=i) for i, file in enumerate(source.files)], ignore_index=True
    )
    group = galaxies.groupby("file").cumcount() // 100
    piece = np.array(
        [
            np.flatnonzero((source.file == f) & (source.group == g))[0]
            for f, g in zip(galaxies.file, group, strict=True)
        ]
    )
    rng = np.random.default_rng(3)
    towards = _vectors(galaxies.ra, galaxies.dec)
    left_out = 0
    for angle in (0.001, 0.05, 0.5, 3.2):
        for ra, dec in [
            *rng.uniform([0, -90], [360, 90], (40, 2)),
            (0, 90),
            (180, -90),
            (0.001, 0),
            (359.999, 5),
        ]:
            needed = pieces_around(source, np.array([ra]), np.array([dec]), np.array([angle]))
            near = np.arccos(np.clip(towards @ _vectors(ra, dec), -1, 1)) < min(angle, np.pi) - 1e-7
            assert set(piece[near]) <= set(needed)
            left_out += len(source) - len(needed)
    assert left_out > 500


def test_cells_leave_out_no_galaxy_that_is_near_and_most_that_are_not():
    galaxies, centres = made_survey(60)
    z = galaxies.z.fillna(0.1)
    rng = np.random.default_rng(2)
    angle = 10.0 ** rng.uniform(-3.5, -0.7, len(centres))
    angle[3] = np.pi
    angle[5] = np.nan
    for limit in (500.0, 6000.0, 250_000.0):
        given = (centres.ra, centres.dec, centres.z, angle, limit)
        near = SkyIndex.of(galaxies.ra, galaxies.dec, z).near_any(*given)
        may = SkyCells.around(*given).may_hold(galaxies.ra, galaxies.dec, z)
        assert may[near].all()
        assert may.sum() > 10
        if limit == 500.0:
            assert may.sum() < 1.5 * len(near) < len(z)
    nowhere = SkyCells.around(*given).may_hold(
        np.array([np.nan, 10.0]), np.array([0.0, 95.0]), np.full(2, 0.1)
    )
    assert not nowhere.any()


def _vectors(ra, dec):
    ra, dec = np.radians(np.asarray(ra, dtype=float)), np.radians(np.asarray(dec, dtype=float))
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def test_clusters_without_a_position_are_not_lost(survey, tmp_path):
    root, _ = survey
    centres = pd.read_parquet(root / "centres.parquet")
    centres.loc[3, "ra"] = np.nan
    centres.to_csv(tmp_path / "centres.csv", index=False)
    plan = plan_survey(root / "galaxies", tmp_path / "centres.csv", load_model("m_sigma"), OBSERVING)
    assert "1 without a position" in " ".join(plan.lines(2))
    facts = weigh_survey(plan, WEIGHING, tmp_path / "masses")
    assert facts["n_unplaced"] == 1
    lost = pd.read_csv(tmp_path / "masses" / "unplaced.csv")
    assert lost.cluster_id.tolist() == ["C3"]
    assert "centre has no ra" in lost.flag[0]


def test_mistakes_are_one_line(tmp_path):
    with pytest.raises(ZwickyError, match="does not exist"):
        open_source(tmp_path / "nowhere", {})
    (tmp_path / "empty").mkdir()
    with pytest.raises(ZwickyError, match="holds no Parquet files; make a catalogue"):
        open_source(tmp_path / "empty", {})
    pd.DataFrame({"ra": [1.0], "dec": [1.0]}).to_parquet(tmp_path / "empty" / "a.parquet")
    with pytest.raises(ZwickyError, match="no column z"):
        open_source(tmp_path / "empty", {})
    (tmp_path / "empty" / "a.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(ZwickyError, match="is no Parquet file"):
        open_source(tmp_path / "empty", {})


def test_partitions_hold_no_more_than_they_may(survey):
    root, whole = survey
    source = open_source(root / "galaxies", {})
    ra, dec = whole.ra.to_numpy(), whole.dec.to_numpy()
    found = partitions_of(ra, dec, np.full(len(ra), 0.01), source, 4)
    assert max(len(p.rows) for p in found) <= 4
    assert sorted(np.concatenate([p.rows for p in found])) == list(range(len(ra)))
    assert len({(p.order, p.pixel) for p in found}) == len(found)
    assert os.path.basename(found[0].name).startswith("Npix=")


def test_what_is_no_place_on_the_sky_is_told_of(tmp_path):
    galaxies, centres = made_survey(8)
    (tmp_path / "g").mkdir()
    galaxies.loc[3, "dec"] = 95.0
    galaxies.to_parquet(tmp_path / "g" / "a.parquet", row_group_size=300)
    centres.to_parquet(tmp_path / "c.parquet")
    plan = plan_survey(tmp_path / "g", tmp_path / "c.parquet", load_model("m_sigma"), Observing())
    assert "a.parquet: ra from" in plan.lines(1)[-1]
    assert f"to 95: what is no place on the sky is left out (1 of {len(plan.source)}" in plan.lines(1)[-1]


def test_places_are_counted_as_hats_counts_them():
    from hats.pixel_math.spatial_index import compute_spatial_index

    rng = np.random.default_rng(7)
    ra, dec = rng.uniform(-180, 360, 2000), np.degrees(np.arcsin(rng.uniform(-1, 1, 2000)))
    ra[:6], dec[:6] = [0.0, 360.0, -180.0, 45.0, 10.0, 10.0], [0.0, 5.0, 5.0, 41.810314895778596, 90.0, -90.0]
    assert np.array_equal(spatial_index(ra, dec), compute_spatial_index(ra, dec))


def test_boxes_in_another_unit_leave_nothing_out(tmp_path):
    galaxies, _ = made_survey(8)
    (tmp_path / "hours").mkdir()
    galaxies.assign(RA=galaxies.ra / 15.0).to_parquet(tmp_path / "hours" / "a.parquet", row_group_size=20)
    columns = parse_columns("ra=RA[hourangle]")
    source = open_source(tmp_path / "hours", columns)
    near = pieces_around(source, np.array([200.0]), galaxies.dec[:1].to_numpy(), np.array([0.05]))
    assert len(near) > 0
    assert np.isnan(source.box[:, :2]).all()
    piece = read_pieces(source.files[0], [0], columns)
    np.testing.assert_allclose(piece.ra, galaxies.ra[:20], rtol=1e-12)
