"""The chapter contract: the good example passes, and each rule fails on an example that breaks it and nothing else."""

import pytest

from course_lib.authoring.contract import RULES, lint
from course_lib.authoring.contract.all_rules import lint_notebook
from course_lib.authoring.contract.markdown import list_items, prose, table_rows
from course_lib.errors import CourseError

CARD_ROW = "# | **Prerequisites** | none |\n"
QUESTION_4 = '# %% [markdown] course={"role": "question", "id": "1.Q4"}\n'
CONTROL = '# %% [markdown] course={"role": "control"}\n'
LATE = '# %%\na = 1\n\n# %%\nb = 1\n\n# %% course={"role": "cold_open"}\n'
ANSWER = '# %% course={"role": "answer"}\n# expand: example_course:largest_gap\n'
NO_FUNCTION = "### BEGIN SOLUTION\nlargest = len\n### END SOLUTION"
PLOT = "# %%\nimport matplotlib.pyplot as plt\nplt.plot(scores)"
SHOWN = "# %%\npublished_share(scores, 2.5)"
CHECK_2 = 'check("1.2", largest_gap)'
SEQUENCE = "from collections.abc import Sequence\n\n"
LONG = "\n".join(f"x{i} = {i}" for i in range(41)) + "\n"

# rule, what is broken, text in the source, text in its place
MODEL_ANSWER = (
    "# The spread can differ: one list may hold a single large value and the other none. A plot of the scores, or the largest\n"
    "# gap of 1.2, shows it."
)
BROKEN = [
    ("card", "no card", 'course={"role": "card"}', ""),
    ("card", "a row missing", CARD_ROW, ""),
    ("card", "a row empty", "| none |", "| |"),
    ("card", "another chapter's number", "1 of 18", "2 of 18"),
    ("card", "minutes in words", "| 30 |", "| half an hour |"),
    ("card", "two sentences of insight", "what it is the mean of.", "what it is the mean of. Always."),
    ("objectives", "only two", "# - see a jump (1.2)\n", ""),
    ("objectives", "no exercise", "see a jump (1.2)", "see a jump"),
    ("objectives", "an exercise that is not there", "see a jump (1.2)", "see a jump (1.7)"),
    ("cold_open", "none", 'course={"role": "cold_open"}', ""),
    ("cold_open", "too late", '# %% course={"role": "cold_open"}\n', LATE),
    ("cold_open", "no model", 'model = load_model("default")\nmodel.generate("hello")', 'print("hello")'),
    ("exercise_count", "one is not in the registry", '{"role": "exercise", "id": "1.2"}', '{"role": "exercise", "id": "1.4"}'),
    ("exercise_parts", "no hints", "# {{hints 1.2}}\n#\n", ""),
    ("exercise_parts", "no why", "# {{hints 1.2}}\n#\n# {{why 1.2}}\n", "# {{hints 1.2}}\n"),
    ("exercise_parts", "no card", "# {{exercise 1.2}}\n#\n", ""),
    ("exercise_order", "no test", '# %% course={"role": "test"}\ncheck("1.2", largest_gap)\n', ""),
    ("exercise_order", "test before answer", ANSWER, '# %% nbgrader={"grade": true, "points": 0}\nlen("")\n\n' + ANSWER),
    ("exercise_points", "other points", '{"role": "test"}\ncheck("1.2"', '{"role": "test"} nbgrader={"points": 3}\ncheck("1.2"'),
    ("exercise_check", "another function", 'check("1.2", largest_gap)', 'check("1.2", mean_score)'),
    ("exercise_check", "another id", 'check("1.2", largest_gap)', 'check("1.1", largest_gap)'),
    ("exercise_check", "only mentioned in a comment", 'check("1.2", largest_gap)', '# check("1.2", largest_gap)\nlen(scores)'),
    ("exercise_check", "answer defines nothing", "# expand: example_course:largest_gap", NO_FUNCTION),
    ("repair", "no repair", '{"role": "repair", "id": "1.3"}', '{"role": "exercise", "id": "1.3"}'),
    ("repair", "no fault shown", 'course={"role": "fault", "shares": ["1.3"]}', 'course={"shares": ["1.3"]}'),
    ("repair", "fault only defined", "\n\npublished_share(scores, 2)\n", "\n"),
    ("answers_apart", "a demonstration calls the answer", SHOWN, "# %%\nmean_score(scores)"),
    ("answers_apart", "inside a function", SHOWN, "# %%\ndef later():\n    return mean_score(scores)"),
    ("answers_apart", "defined by a test", "largest_gap)\n", "largest_gap)\ngap = 1\n\n# %%\ngap += 1\n"),
    ("answers_apart", "through globals", SHOWN, '# %%\nglobals()["mean_score"](scores)'),
    ("answers_apart", "the last output", SHOWN, "# %%\nprint(_)"),
    ("answers_apart", "no plain Python", SHOWN, "# %%\nfiles = !ls"),
    ("answers_apart", "a test that changes the model", CHECK_2, "model.generate = str\n" + CHECK_2),
    ("answers_apart", "an answer that imports all", '"?"\n### BEGIN', '"?"\nfrom math import *\n### BEGIN'),
    ("roles", "a role misspelt", 'course={"role": "fault"', 'course={"role": "flaw"'),
    ("sections", "no signature result", 'course={"role": "signature", ', 'course={'),
    ("sections", "two controls", CONTROL, CONTROL + "# twice\n\n" + CONTROL),
    ("sections", "a control without code", "# %%\npublished_share(scores, 100)\n", ""),
    ("sections", "limits not spelt out", "# - three scores are few\n# - a threshold is a choice\n", "# Few scores.\n"),
    ("sections", "nothing interactive", ' course={"role": "interactive"}', ""),
    ("own_model", "no model loaded", 'other = load_model("default")  # change this line\nother', "model"),
    ("questions", "three", QUESTION_4, '# %% [markdown] course={"role": "control"}\n'),
    ("questions", "one of the registry not asked", "# {{question 1.Q4}}", "# Is it?"),
    ("questions", "another question's check", 'check("1.Q4", choice_4)', 'check("1.Q3", choice_4)'),
    ("questions", "worth nothing", '{"role": "test"}\ncheck("1.Q4"', '{"role": "test"} nbgrader={"points": 0}\ncheck("1.Q4"'),
    ("questions", "no answer cell", '# %% course={"role": "answer"}\nchoice_4', "# %%\nchoice_4"),
    ("references", "two", "# - John Hewitt", "# John Hewitt"),
    ("references", "no year", "(2019). *Designing", "*Designing"),
    ("references", "no arXiv id", "arXiv:1909.03368.", "On the web."),
    ("references", "no title", "*Designing and Interpreting Probes with Control Tasks.*", ""),
    ("references", "no reason", "arXiv:1909.03368.\n#   Asks what a probe would find in noise.", "arXiv:1909.03368."),
    ("figures", "drawn without a text", "# %%\npublished_share(scores, 2.5)", PLOT),
    ("figures", "imported elsewhere", "sum(scores)\n", "from matplotlib import pyplot\n\n# %%\npyplot.plot(scores)\n"),
    ("figures", "a picture without a text", "![Three bars of height one, two and six]", "![]"),
    ("figures", "an img tag without a text", "# A list of scores", '# <img src="bars.svg">\n# A list of scores'),
    ("cell_length", "41 lines", "sum(scores)\n", LONG),
    ("numbers", "tied, not said", "The share above 2 is 0.33.", "The share above 2 is small."),
    ("numbers", "said, not tied", "# A list of scores is", "# The mean is 2.75. A list of scores is"),
    ("names", "an import missing", SEQUENCE, ""),
    ("names", "only a local of a function", SEQUENCE, "def helper():\n    Sequence = 1\n    return Sequence\n\n\n"),
    ("written", "another chapter's id", '"id": "1.W1"', '"id": "8.W1"'),
    ("written", "no points", ', "points": 4}', "}"),
    ("written", "a code cell", '# %% [markdown] course={"role": "written"', '# %% course={"role": "written"'),
    ("written", "no model answer", MODEL_ANSWER, "# Yes."),
    ("written", "no task", "# %% [markdown]\n# ## In your own words", "# %%\n# ## In your own words"),
]  # fmt: skip


def findings(course, registry):
    return lint(root=course, registry=registry)


def test_good_example_passes(course, registry):
    assert [finding.text() for finding in findings(course, registry)] == []


@pytest.mark.parametrize(("rule", "what", "old", "new"), BROKEN, ids=[f"{rule}-{what}" for rule, what, _, _ in BROKEN])
def test_rule_notices(course, registry, source, rule, what, old, new):
    text = source.read_text()
    assert old in text, "the example has changed: this case breaks nothing"
    source.write_text(text.replace(old, new, 1))
    found = findings(course, registry)
    assert rule in {finding.rule for finding in found}, [finding.text() for finding in found]
    for finding in found:
        assert finding.chapter == "01_example"
        assert finding.problem.endswith(".")
        assert finding.remedy


def test_every_rule_has_a_broken_example():
    assert {rule.__name__ for rule in RULES} == {rule for rule, *_ in BROKEN}


def test_finding_names_the_cell(course, registry, source):
    source.write_text(source.read_text().replace("published_share(scores, 100)", LONG))
    (finding,) = findings(course, registry)
    assert (finding.cell, finding.rule, finding.level) == ("control-1", "cell_length", "error")
    assert finding.text().startswith("01_example:control-1: error [cell_length] The cell has 41 lines of code.")


def test_a_cell_that_needs_an_answer_is_named_with_the_name(course, registry, source):
    source.write_text(source.read_text().replace("# %%\npublished_share(scores, 2.5)", "# %%\nmean_score(scores)"))
    (finding,) = findings(course, registry)
    assert (finding.cell, finding.rule) == ("signature-1", "answers_apart")
    assert "The cell uses mean_score, which the cell answer-1-1 defines" in finding.problem


def test_prose_number_is_a_warning_and_code_is_not_prose(course, registry, source):
    source.write_text(
        source.read_text().replace("# A list of scores is", "# The mean, `2.75`, is 2.75 (as in 1.1). A list is")
    )
    (finding,) = findings(course, registry)
    assert (finding.rule, finding.level) == ("numbers", "warning")
    assert "2.75" in finding.problem


def test_number_that_is_a_setting_is_declared_as_given(course, registry, source):
    text = source.read_text().replace("# A list of scores is", "# The threshold is 0.1. A list of scores is")
    source.write_text(
        text.replace("# %% [markdown]\n# ## Three", '# %% [markdown] course={"given": ["0.1"]}\n# ## Three')
    )
    assert findings(course, registry) == []


def test_no_repair_is_needed_where_the_card_says_that_no_fault_was_published(course, registry, source):
    text = source.read_text().replace('{"role": "repair", "id": "1.3"}', '{"role": "exercise", "id": "1.3"}')
    source.write_text(text.replace('course={"role": "card"}', 'course={"role": "card", "fault": false}'))
    assert findings(course, registry) == []


def test_picture_call_makes_a_figure_right(course, registry, source):
    drawn = "# %%\nimport matplotlib.pyplot as plt\nPicture(plt.figure(), 'title', 'text')"
    source.write_text(source.read_text().replace("# %%\npublished_share(scores, 2.5)", drawn))
    assert findings(course, registry) == []


def test_words_without_structure_do_not_pass(registry):
    import nbformat

    words = "card chapter 1 of 18 limits control signature check hints references arXiv:1902.10186"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(words)])
    broken = {finding.rule for finding in lint_notebook(notebook, "01_example", registry)}
    assert {"card", "cold_open", "exercise_count", "repair", "sections"} <= broken


def test_registry_error_is_reported_not_raised_for_unknown_exercise(course, registry, source):
    source.write_text(source.read_text().replace("{{exercise 1.2}}", "{{exercises 1.2}}"))
    with pytest.raises(CourseError, match="no directive"):
        findings(course, registry)


def test_markdown_is_read_as_markdown():
    assert table_rows("text | 1\n\n| a | b |\n|---|---|\n| **Minutes** | 30 |")["minutes"] == "30"
    assert list_items("- one\n  and more\n- two\n  - inner\n\n1. three") == ["one and more", "two inner", "three"]
    assert prose("The `0.5` is **0.7** [here](http://x/0.9)").split() == ["The", "is", "0.7", "here"]
