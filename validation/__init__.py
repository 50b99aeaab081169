"""Zwicky on real clusters. Each module prints a small table: ``python -m validation.coma``."""
