"""The notebook: typed products of the stages, the graph's state, the run's settings. Imports nothing of ours."""
