"""Files that the course works on: where they come from, how they reach the cache, how they are read."""
