"""Write what was measured with a model into its card.

Run ``python -m validation.model_card MODEL_DIRECTORY RESULTS.json`` with what `validation.posterior` wrote:

    python -m validation.model_card src/zwicky/models/posterior docs/results/posterior.json
"""

from __future__ import annotations

import sys

from zwicky.estimators.model_files import add_evidence
from zwicky.io import read_json


def main() -> None:
    """The model's provenance and card, with the evidence in them."""
    add_evidence(sys.argv[1], read_json(sys.argv[2]))


if __name__ == "__main__":
    main()
