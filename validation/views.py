"""Deep views of universes as one file, which the comparisons of this folder look at.

    python -m validation.views train.npz universes/* --max-redshift 0.35

Views are flat in mass at every output, several lines of sight of a halo where halos are few; see
`zwicky.mocks.deep_universes`. `validation.posterior_universes` makes universes that the shipped posterior
learned from; views to test it on must come of others, with seeds of their own.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from validation.posterior import save_views
from zwicky.mocks.deep_universes import DeepSettings, views_of_universes

__all__ = ["main"]


def main() -> None:
    """Look at universes and keep the views."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("universes", type=Path, nargs="+")
    parser.add_argument("--masses", type=float, nargs=2, default=(12.8, 15.4), help="log10 Msun/h")
    parser.add_argument("--per-bin", type=int, default=400, help="views in 0.1 dex at each output")
    parser.add_argument("--max-redshift", type=float, default=1.3)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    settings = DeepSettings(
        range_log10_m200c_h=tuple(options.masses),
        per_bin=options.per_bin,
        max_redshift=options.max_redshift,
    )
    views = views_of_universes(options.universes, settings, rng=np.random.default_rng(options.seed))
    save_views(options.out, views)
    print(f"{options.out}: {views}")


if __name__ == "__main__":
    main()
