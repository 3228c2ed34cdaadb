"""Whole runs with a scripted model at the helm, over real HTTP."""
