"""``zwicky stack``: many clusters together, in bins of a column."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["stack"]


def stack(
    masses: Annotated[
        Path, typer.Argument(help="Table of masses by `zwicky predict --out`.", show_default=False)
    ],
    posterior: Annotated[Path, typer.Option(help="Their densities, by `zwicky predict --posterior`.")],
    by: Annotated[str, typer.Option(help="Column of the bins.")] = "n_galaxies",
    values: Annotated[
        Path | None, typer.Option(help="Table of cluster_id and the column, if MASSES lacks it.")
    ] = None,
    edges: Annotated[
        str | None, typer.Option(help="Edges of the bins, with commas between; default: equal numbers.")
    ] = None,
    bins: Annotated[int, typer.Option(min=1, help="Bins of equal numbers.")] = 3,
    common_dex: Annotated[
        float | None,
        typer.Option(help="What all masses may be off by together, dex; default: as on mock surveys."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the table: .csv, .ecsv, .fits, .parquet, .vot.")
    ] = None,
) -> None:
    """Mean mass and intrinsic scatter of clusters in bins of richness or of any column.

    Clusters stand for themselves: how they were chosen is not corrected for. Bins of the number of galaxies
    need masses by motions alone, which `zwicky predict` gives without --survey and --density: else the number
    would be used twice.

    Example:  zwicky stack masses.ecsv --posterior masses.safetensors --values richness.csv --by richness
    """
    from zwicky.cli.observed import check_paths
    from zwicky.errors import ZwickyError
    from zwicky.estimators.posterior_files import read_posterior
    from zwicky.io.tabular import check_output, read_any, write_any
    from zwicky.survey import stack_bins
    from zwicky.survey.stack import COMMON_DEX, column_of, equal_numbers

    if out is not None:
        check_output(out)
        check_paths([masses, posterior, *([values] if values else [])], {"--out": out})
    densities = read_posterior(posterior)
    table = read_any(masses)
    if len(table) != len(densities):
        raise ZwickyError(
            f"{posterior}: has {len(densities)} clusters and {masses.name} has {len(table)}; give the two "
            "files of one `zwicky predict`"
        )
    numbers = column_of(table, by) if values is None else column_of(read_any(values), by, table)
    if edges is None:
        limits = equal_numbers(numbers[densities.has_width], bins)
    else:
        try:
            limits = [float(edge) for edge in edges.split(",")]
        except ValueError as error:
            raise ZwickyError(f"--edges {edges}: is no list of numbers; give 10,20,40") from error
    common = COMMON_DEX if common_dex is None else common_dex
    found = stack_bins(densities, numbers, limits, name=by, common_dex=common)
    if out is not None:
        write_any(out, found)
    for row in found:
        typer.echo(
            f"{by} {row[f'{by}_low']:.4g} to {row[f'{by}_high']:.4g}: {row['n_clusters']} clusters, "
            f"mean log10 M200c [Msun] {row['log10_m200c_mean']:.3f} ({row['log10_m200c_mean_p16']:.3f} to "
            f"{row['log10_m200c_mean_p84']:.3f}), scatter {row['scatter_dex']:.3f} dex "
            f"({row['scatter_dex_p16']:.3f} to {row['scatter_dex_p84']:.3f})"
        )
    typer.echo(f"all means may be off together by {common:g} dex, which is in their intervals")
    typer.echo(f"{found.meta['left_out']} clusters left out; {found.meta['selection']}")
