"""How a chapter is made: one source file in, a learner's notebook and a solution notebook out, and the rules between.

An author edits `solutions/NN_name/name.py` and nothing else. From it come the solution notebook, which JupyterLab and
nbgrader's formgrader open, and the learner's notebook, which is committed. What an exercise says stands in the exercise
registry and what its answer is stands in the library, so the source file holds neither: directives name them.

The rooms, in the order in which a chapter passes through them:

* `chapters`: which chapters there are and where their files lie;
* `source`, with `expand`, `cards`, `metadata` and `ids`: from the percent file to the solution notebook;
* `release`, with `stubs` and `leaks`: through nbgrader's converter to the learner's notebook, with nothing given away;
* `build`: writes the files, or says which are stale;
* `contract`: what every chapter must have, read from its structure;
* `execute`, with `numbers`: runs a notebook whole and holds the numbers in its prose against the run.
"""
