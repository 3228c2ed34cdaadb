"""The tests, folder by folder as the house stands."""
