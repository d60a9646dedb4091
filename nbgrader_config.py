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

# From a submission to a mark. A copied answer cell must not stop the class (see course_lib/authoring/stubs.py).
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "course_lib.authoring.stubs.DropCopiedIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# Seconds for one cell; nbgrader's 30 are too few where a cell loads the model on a busy machine.
c.Execute.timeout = 180

# What a learner wrote is shown to others, in formgrader and in feedback. nbgrader's templates ignore `sanitize_html` for
# Markdown cells, so the sanitiser runs before them: no scripts, no HTML output, plain text and PNG only.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.preprocessors = ["nbconvert.preprocessors.sanitize.SanitizeHTML"]
c.SanitizeHTML.sanitized_output_types = set()
c.SanitizeHTML.tags = ["a", "b", "blockquote", "br", "code", "details", "em", "i", "li", "ol", "p", "strong", "sub"]
c.SanitizeHTML.tags += ["summary", "sup", "ul"]
