"""Data with planted faults and data that is healthy, made by a hand that has not seen the detectors."""
