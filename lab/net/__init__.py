"""Asking hosts on the web: time-outs, retries, pace, a cache on disk, and a token only where it belongs."""
