"""The chapter contract: what every chapter must have, read from its structure.

A promise such as "every exercise has three hints" holds for the first chapter and has been forgotten by the ninth,
unless something reads all of them. Searching for words does not do it: a heading "Limits" over an empty section would
pass. So the rules here read what a cell *is* (its role), how cells follow each other, what the code in them calls (its
syntax tree) and what a table or a list in the prose contains (its Markdown tokens).

Each rule is a function from a `ChapterView` to findings, and each finding says where, which rule, what is wrong, and
what to do. The rules lie in `opening` (card, cold open), `exercises`, `apart` (what may depend on an answer), `sections`
(signature result, control, limits, interactive part, questions, own model, references) and `craft` (figures, cell length,
numbers in the prose, names).
"""

from course_lib.authoring.contract.all_rules import RULES, lint, lint_notebook
from course_lib.authoring.contract.findings import Finding

__all__ = ["RULES", "Finding", "lint", "lint_notebook"]
