"""Surveys that no memory holds: partitions of the sky, each read, weighed and written by itself."""

from zwicky.survey.wide.centres import read_centres
from zwicky.survey.wide.partitions import MAX_CENTRES, Partition, partitions_of
from zwicky.survey.wide.plan import Plan, plan_survey
from zwicky.survey.wide.run import weigh_survey
from zwicky.survey.wide.sources import Source, open_source
from zwicky.survey.wide.to_hats import table_to_hats

__all__ = [
    "MAX_CENTRES",
    "Partition",
    "Plan",
    "Source",
    "open_source",
    "partitions_of",
    "plan_survey",
    "read_centres",
    "table_to_hats",
    "weigh_survey",
]
