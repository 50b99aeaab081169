"""Write model cards again, with what was measured with a model in them.

Run ``python -m validation.model_card MODEL_DIRECTORY [RESULTS.json]``, the results being those of
`validation.posterior`:

    python -m validation.model_card src/zwicky/models/posterior docs/results/posterior.json
"""

from __future__ import annotations

import sys

from zwicky.estimators.model_files import renew_card
from zwicky.io.files import read_json

__all__ = ["main"]


def main() -> None:
    """Provenance and card of the model, the rest as it is."""
    renew_card(sys.argv[1], read_json(sys.argv[2]) if len(sys.argv) > 2 else None)


if __name__ == "__main__":
    main()
