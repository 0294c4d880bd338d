"""Real batch systems on one machine, for tests, demos and benchmarks."""
