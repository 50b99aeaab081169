"""The files that make a folder of partitions a HATS catalogue (IVOA note HATS, version 1)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zwicky.survey.wide.partitions import SPATIAL_INDEX, partition_file

__all__ = ["finish_catalogue"]


def finish_catalogue(folder: Path, name: str, places: Sequence[tuple[int, int]]) -> None:
    """Write metadata, the list of partitions, by order and pixel, and the properties beside ``dataset/``."""
    planned = {folder / "dataset" / partition_file(*place) for place in places}
    for path in (folder / "dataset").rglob("*"):
        if path.is_file() and path not in planned:
            path.unlink()  # a killed worker's, half written
    from hats.catalog import PartitionInfo, TableProperties
    from hats.io import paths
    from hats.io.parquet_metadata import write_parquet_metadata
    from hats.pixel_math import HealpixPixel

    n_rows = write_parquet_metadata(folder)
    pixels = [HealpixPixel(*place) for place in places]
    info = PartitionInfo.from_healpix(pixels)
    info.write_to_file(paths.get_partition_info_pointer(folder))
    properties = TableProperties(
        catalog_name=name,
        catalog_type="object",
        total_rows=int(n_rows),
        ra_column="ra",
        dec_column="dec",
        healpix_column=SPATIAL_INDEX,
        healpix_order=29,
        hats_order=info.get_highest_order() if pixels else 0,
        moc_sky_fraction=info.calculate_fractional_coverage() if pixels else 0.0,
    )
    properties.to_properties_file(folder)
