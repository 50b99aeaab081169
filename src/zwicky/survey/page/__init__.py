"""The page that ``zwicky predict --report`` writes: every cluster's mass, galaxies and flags in one file."""

from zwicky.survey.page.write import check_page, write_page

__all__ = ["check_page", "write_page"]
