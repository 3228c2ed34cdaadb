"""Does a result smell? One file an idea."""
