"""Every command that writes, at the smallest size at which it does all that it does."""

import dataclasses

import numpy as np
import tomli_w
from pandas import DataFrame

from foreign_universe import made_simulation, write_own_hdf5
from synthetic_clusters import synthetic_clusters
from zwicky.mocks import Mocks, MockSettings, write_mocks
from zwicky.settings import to_mapping
from zwicky.universe import UniverseSettings, make_universe

#: Two outputs and so two checkpoints; a second.
UNIVERSE = UniverseSettings(n_side=16, box_size_mpc_h=40.0, n_steps=4, n_substeps=1, redshifts=(0.1, 0.5))

#: Particles as tracers, and halos of a dozen of them: what a posterior learns from.
DEEP = UniverseSettings(
    n_side=32, box_size_mpc_h=50.0, n_steps=16, n_substeps=2, redshifts=(0.4, 0.1), min_particles=10,
    tracer_density_h3_mpc3=32**3 / 50.0**3,
)  # fmt: skip
POSTERIOR = {
    **{"members": 1, "distilled_epochs": 2, "hidden": 16, "components": 2, "epochs": 2, "batch": 64},
    **{"range_log10_m200c_h": [12.5, 15.4], "survey": {"n_galaxies": [4.0, 40.0]}},
}
VIEWS = {
    "range_log10_m200c_h": [12.6, 15.4],
    "per_bin": 100,
    "most": 20,
    "min_particles": 8,
    "max_redshift": 0.2,
}
SDM = {"landmarks": 20, "widths": [0.5, 1.0], "costs": [0.06, 0.25], "tuning_clusters": 30}
RUN = {
    "seed": 2,
    "universe": {"n_side": 48, "box_size_mpc_h": 94.0, "n_steps": 24, "n_substeps": 2, "seed": 2},
    "mocks": {
        **{"min_log10_m200c_h": 13.2, "test_min_log10_m200c_h": 13.5, "upsample_above_log10_m200c_h": 13.5},
        **{"flat_density": 4e-4, "n_min": 5, "n_folds": 2},
    },
    "training": {"epochs": 1},
    "m_sigma": {"min_log10_m200c_h": 13.5},
}


def write_inputs(folder):
    """What the commands read; the names are those of `cases`."""
    sample = synthetic_clusters(64, seed=1, interlopers=5)
    sample = dataclasses.replace(sample, fold=sample.fold % 2)
    write_mocks(folder / "mocks", Mocks(sample, sample, sample, sample, MockSettings()), source="a test")
    write_own_hdf5(folder, made_simulation(box_mpc_h=60.0))
    write_galaxies(folder / "galaxies.csv", sample[:3])
    write_galaxies(folder / "survey.csv", synthetic_clusters(36, seed=2, interlopers=2))
    write_sky(folder)
    (folder / "centres.csv").write_text("cluster_id,z\n" + "".join(f"c{i},0.1\n" for i in range(36)))
    for name, settings in {
        **{"universe": to_mapping(UNIVERSE), "posterior": POSTERIOR, "views": VIEWS, "sdm": SDM, "run": RUN},
    }.items():
        (folder / f"{name}.toml").write_text(tomli_w.dumps(settings))


def write_galaxies(path, sample):
    rows = ["cluster_id,r_proj,v_los"]
    for i in range(len(sample)):
        pairs = zip(sample[i].r_proj_comoving.tolist(), sample[i].v_los.tolist(), strict=True)
        rows += [f"c{i},{r:.4f},{v:.1f}" for r, v in pairs]
    path.write_text("\n".join(rows) + "\n")


def write_sky(folder, n=4):
    """n clusters on the sky in two Parquet files, and their centres."""
    rng = np.random.default_rng(4)
    ra, dec, z = 100.0 + 40.0 * np.arange(n), np.full(n, 10.0), np.full(n, 0.1)
    (folder / "sky").mkdir()
    for i, rows in enumerate(np.array_split(np.arange(n), 2)):
        of = np.repeat(rows, 30)
        columns = {
            "ra": ra[of] + 0.05 * rng.standard_normal(len(of)),
            "dec": dec[of] + 0.05 * rng.standard_normal(len(of)),
            "z": z[of] + 0.003 * rng.standard_normal(len(of)),
        }
        DataFrame(columns).to_parquet(folder / "sky" / f"part_{i}.parquet")
    centres = DataFrame({"cluster_id": [f"c{i}" for i in range(n)], "ra": ra, "dec": dec, "z": z})
    centres.to_csv(folder / "sky_centres.csv", index=False)


def write_deep_universe(folder):
    """Of some seconds, for a posterior and a run."""
    make_universe(DEEP, folder / "deep")


def case(name, words, **more):
    return {"name": name, "words": words.split(), **more}


def cases(folder):
    """Commands with all that they write below OUT, made ready by commands ``first``."""
    f = str(folder)
    model = {"whole": ["model"]}
    catalogue = f"{f}/survey.csv --clusters {f}/centres.csv --comoving"
    train = f"train {f}/mocks --out OUT/model --workers 1"
    old = f"{train} --estimator m_sigma"
    predict = f"predict {f}/galaxies.csv --redshift 0.1 --comoving"
    tables = f"{predict} --model posterior --out OUT/m.ecsv --posterior OUT/p.safetensors"
    return [
        case("universe", f"universe --config {f}/universe.toml --keep-particles --out OUT/u"),
        case("import", f"import --map {f}/own.toml --out OUT/u", whole=["u"]),
        case("mock", f"mock {f}/imported --training-density 1e-4 --out OUT/m", whole=["m"]),
        case("mock again", f"mock {f}/imported --seed 2 --training-density 1e-4 --out OUT/m", whole=["m"],
             first=f"mock {f}/imported --training-density 1e-4 --out OUT/m"),
        case("train m_sigma", f"{train} --estimator m_sigma", **model),
        case("train again", f"{train} --estimator counts --seed 2", first=old, **model),
        case("train cnn_1d", f"{train} --estimator cnn_1d --epochs 2", **model),
        case("train cnn_2d", f"{train} --estimator cnn_2d --epochs 1", **model),
        case("train sdm_1d", f"{train} --estimator sdm_1d --config {f}/sdm.toml", **model),
        case("train posterior", f"train {f}/deep --out OUT/model --estimator posterior"
             f" --config {f}/posterior.toml --views {f}/views.toml", first=old, **model),
        case("predict", f"{tables} --members OUT/g.csv --plot OUT/m.png", first=f"{predict} --out OUT/m.ecsv",
             whole=["m.ecsv", "p.safetensors", "g.csv", "m.png"]),
        *(case(f"predict {kind}", f"{predict} --out OUT/m.{kind}", whole=[f"m.{kind}"])
          for kind in ("csv", "fits", "parquet", "vot")),
        case("predict page", f"{predict} --model posterior --report OUT/p.html", whole=["p.html"]),
        case("survey", f"survey {f}/sky --clusters {f}/sky_centres.csv --workers 0 --out OUT/s", whole=["s"]),
        case("calibrate", f"calibrate {catalogue} --model posterior --out OUT/s.toml", whole=["s.toml"]),
        case("stack", "stack OUT/m.ecsv --posterior OUT/p.safetensors --bins 1 --out OUT/s.csv", first=tables,
             whole=["s.csv"]),
        case("evaluate", f"evaluate {f}/mocks --estimators counts,m_sigma --workers 1 --m-sigma-above 13.5"
             " --out OUT/e", leave=["result.json"]),
    ]  # fmt: skip


def whole_run(folder):
    """The paper in small, killed along its way; its report tells times."""
    words = f"reproduce --config {folder}/run.toml --workers 1 --out OUT/r"
    return case("reproduce", words, chain=[23, 31], leave=["result.json", "timing.json", "report.html"])
