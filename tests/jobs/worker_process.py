"""`provisor worker`, with the jobs of these tests."""

from __future__ import annotations

from tests.jobs import sample_jobs

from provisor.cli.parts import worker

if __name__ == "__main__":
    assert sample_jobs
    worker(concurrency=1)
