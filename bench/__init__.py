"""The benchmarks: how long an edit takes to reach a service provider, and how fast many accounts get there.

`script/bench` runs them. Absolute figures are those of a machine and an hour; so each is measured beside a bare client
loop in the same run, and the ratio is what two runs can be compared by. docs/measurements.md keeps the baseline.
"""
