"""The mini chapter's source is no test."""

collect_ignore = ["course"]
