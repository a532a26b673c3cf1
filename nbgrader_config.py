"""Where nbgrader finds the course, and how a release is made from a solution.

`scratchgrade` and nbgrader's own commands and pages read this file.
"""

c = get_config()  # noqa: F821 (nbgrader defines it)

c.CourseDirectory.course_id = "scratchlm"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
c.CourseDirectory.feedback_directory = "grading/feedback"
c.CourseDirectory.db_url = "sqlite:///grading/gradebook.db"

# The bank of right and wrong answers stays at home.
c.CourseDirectory.ignore = [
    "bank",
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "feedback",
    "progress.json",
]

c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
c.ClearSolutions.text_stub = "*Your answer here.*"

# `nbgrader autograde` grades as `scratchgrade grade` does: in the box, by the
# checks. Of a submission it takes the notebook alone, through our intake.
c.Autograde.pre_convert_hook = "scratchgrade.nbgrader_plugin.prepare"
c.Autograde.exporter_class = "scratchgrade.nbgrader_plugin.ReleaseExporter"
c.Autograde.sanitize_preprocessors = []
c.Autograde.autograde_preprocessors = [
    "scratchgrade.nbgrader_plugin.BoxedExecute",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "scratchgrade.nbgrader_plugin.SaveVerdicts",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Formgrader and feedback show what a student wrote without any script.
c.HTMLExporter.filters = {
    "markdown2html": "scratchgrade.nbgrader_plugin.safe_markdown",
}
