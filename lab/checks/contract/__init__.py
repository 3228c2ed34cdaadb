"""Is a script fit to be run? Read, never run."""
