"""What the code of an experiment gives away: fitting before the split, choosing on the test, loose seeds."""
