"""A small survey on disk, with clusters at a pole, at right ascension 0, at the corners of pixels."""

import numpy as np
import pandas as pd

from zwicky.cosmology import comoving_transverse_mpc, paper_cosmology

#: Where four HEALPix pixels of every order meet, and other such places, in degrees.
CORNERS = [
    (45.0, 41.810314895778596),
    (90.0, 0.0),
    (0.004, -0.01),
    (359.997, 20.0),
    (137.0, 89.95),
    (10.0, -90.0),
]


def made_survey(n=40, seed=11):
    """Frames of galaxies and of centres, repeats and targets without a redshift among the galaxies."""
    rng = np.random.default_rng(seed)
    ra, dec = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    ra[: len(CORNERS)], dec[: len(CORNERS)] = np.array(CORNERS).T
    z = rng.uniform(0.03, 0.2, n)
    z[len(CORNERS)] = 0.006  # an aperture of five degrees
    k = np.repeat(np.arange(n), rng.integers(2, 50, n))
    angle = 2.4 * rng.random(len(k)) / comoving_transverse_mpc(z[k], paper_cosmology())
    turn = rng.uniform(0, 2 * np.pi, len(k))
    here = np.radians(dec[k])
    sin_dec = np.sin(here) * np.cos(angle) + np.cos(here) * np.sin(angle) * np.cos(turn)
    east = np.arctan2(np.sin(turn) * np.sin(angle) * np.cos(here), np.cos(angle) - np.sin(here) * sin_dec)
    galaxies = pd.DataFrame(
        {
            "ra": (ra[k] + np.degrees(east)) % 360,
            "dec": np.degrees(np.arcsin(np.clip(sin_dec, -1, 1))),
            "z": z[k] + (1 + z[k]) * rng.normal(0, 600 / 299792.458, len(k)),
        }
    )
    # Galaxies in front and behind, repeats, and targets without a redshift.
    field = pd.DataFrame(
        {
            "ra": rng.uniform(0, 360, 400),
            "dec": np.degrees(np.arcsin(rng.uniform(-1, 1, 400))),
            "z": rng.uniform(0.01, 0.3, 400),
        }
    )
    galaxies = pd.concat([galaxies, field, galaxies[:60]], ignore_index=True)
    galaxies.loc[rng.integers(0, len(galaxies), 30), "z"] = np.nan
    galaxies = galaxies.sample(frac=1.0, random_state=seed, ignore_index=True)
    ids = np.array([f"C{i}" for i in range(n)])
    return galaxies, pd.DataFrame({"cluster_id": ids, "ra": ra, "dec": dec, "z": z})


def write_survey(folder, **of):
    """The survey's files in a folder, and the words of a command that weighs it a cluster at a time."""
    galaxies, centres = made_survey(**of)
    (folder / "galaxies").mkdir()
    galaxies.to_parquet(folder / "galaxies" / "all.parquet", row_group_size=300)
    centres.to_csv(folder / "centres.csv", index=False)
    return ("survey", folder / "galaxies", "--clusters", folder / "centres.csv", "--max-centres", 1)
