"""What pytest leaves alone: the example chapter is a notebook's source, and not a module."""

collect_ignore_glob = ["authoring/example/solutions/*"]
