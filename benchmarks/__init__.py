"""Our kernels beside what a user would run instead, in one process: ``python -m benchmarks [topic ...]``."""
