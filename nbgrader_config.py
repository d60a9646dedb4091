"""nbgrader's settings for this course: read by its commands, by formgrader in JupyterLab, and by `course build`.

Sources are the notebooks that `course build` writes beside `solutions/*/*.py`; releases are the committed `chapters/`.
`nbgrader generate_assignment` and `course build` use the same converter with the same settings, so they give the same
bytes. Preprocessors are named by their import path: nothing is imported until a conversion starts.
"""

from pathlib import Path

c = get_config()  # traitlets provides it

root = Path(__file__).resolve().parent

c.CourseDirectory.course_id = "ai_safety_hands_on"
c.CourseDirectory.root = str(root)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "chapters"
c.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
# Percent files hold the answers, so no Python file travels: neither from solutions/ to chapters/ nor from a learner.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.py"]

# From the solution notebook to the learner's notebook.
c.ClearSolutions.code_stub = {
    "python": 'raise NotImplementedError("Exercise {id}: write your answer here, then run the check below.")'
}
c.ClearSolutions.text_stub = "*Write your answer here.*"
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.LockCells",
    "course_lib.authoring.stubs.NumberedStubs",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    # After the checksums and the gradebook have seen the whole tests, and then the checksums once more.
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# From a submission to a mark. nbgrader neither reads nor runs what was handed in: the exporter reads it through
# course_lib.grading.intake, and TakeStoredResult has it graded in a sandbox, or takes the result of `course grade`.
c.Autograde.exporter_class = "course_lib.grading.exporter.SubmissionExporter"
c.Autograde.pre_convert_hook = "course_lib.grading.exporter.expect_notebook"
c.Autograde.sanitize_preprocessors = ["nbgrader.preprocessors.CheckCellMetadata"]
c.Autograde.autograde_preprocessors = [
    "course_lib.grading.preprocessors.TakeStoredResult",
    "nbgrader.preprocessors.SaveAutoGrades",
    "course_lib.grading.preprocessors.SaveComments",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# The exchange: a hand-in is copied without what its links lead to, and only from the account that it names.
c.ExchangeFactory.collect = "course_lib.grading.exchange.CarefulCollect"
c.ExchangeFactory.release_feedback = "course_lib.grading.exchange.CarefulReleaseFeedback"

# What a learner wrote is shown to others, in formgrader and in feedback. nbgrader's templates ignore `sanitize_html`, so
# outputs are cleaned before them, and Markdown when it has become a page, by the filters. Of a learner's outputs only
# plain text and PNG get as far; the HTML that is let through is the report of our own tests.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.preprocessors = ["course_lib.grading.pages.CarefulPage"]
c.HTMLExporter.filters = {
    "markdown2html": "course_lib.grading.safe_html.markdown2html",
    "clean_html": "course_lib.grading.safe_html.clean_html",
}
c.SanitizeHTML.sanitized_output_types = {"text/html"}
c.SanitizeHTML.tags = ["a", "b", "blockquote", "br", "code", "details", "em", "i", "li", "ol", "p", "pre", "strong"]
c.SanitizeHTML.tags += ["sub", "summary", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul"]
