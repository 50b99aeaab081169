"""What masses would be worth if more were known of galaxies: the posterior where only their speed is not.

The prototype that set this package's aims for counts averaged over a velocity bias of 6 % and over nothing
else: its galaxies were matter, of one kind, in perfect surveys. Here the posterior is trained and tested
under such conditions, and so says how much of its scatter comes of what the shipped one averages over.

    python -m validation.views near.npz universes/* --max-redshift 0.35
    python -m validation.narrow_survey near.npz unseen.npz docs/results/narrow_survey.json docs/posterior.md

About a quarter of an hour on one core.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from validation.pages import replace_part
from validation.posterior import load_views, table_with_density_known, with_density_known
from zwicky.estimators.posterior import Posterior, PosteriorSettings
from zwicky.evaluation.train_views import HELD_OUT, split_by_halo
from zwicky.mocks.survey_settings import SurveySettings

__all__ = ["NARROW", "main"]

#: Galaxies that are matter but for their speed, seen by a survey that loses none and errs nowhere.
NARROW = SurveySettings(
    catastrophic=(0.0, 0.0),
    core_loss_share=0.0,
    pair_share=0.0,
    miscentred_share=0.0,
    beside_galaxy_share=0.0,
    recentred_share=0.7,
    exact_centre_share=0.3,
    velocity_bias_slope=(0.0, 0.0),
    bright_share=(0.0, 0.0),
    concentration=(1.0, 1.0),
    interlopers=(1.0, 1.0),
    tracer_shares=(1.0, 0.0, 0.0),
)
#: The ensemble itself, and no network that learns from it: nobody waits for these masses.
SETTINGS = PosteriorSettings(distilled_epochs=0, survey=NARROW)


def main() -> None:
    """Train, test, and write the page's table."""
    train, test, out, page = (Path(x) for x in sys.argv[1:5])
    learned, held_out = split_by_halo(load_views(train), HELD_OUT, rng=np.random.default_rng(1))
    model = Posterior(SETTINGS)
    kept = out.with_suffix(".training")
    model.fit_views(
        learned,
        rng=np.random.default_rng(2),
        checkpoint=kept,
        progress=lambda *said: print(*said, flush=True),
    )
    model.calibrate_views(held_out, rng=np.random.default_rng(3))
    found = with_density_known(model, load_views(test))
    out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    replace_part(page, "narrow", table_with_density_known(found))
    kept.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
