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
]

c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
c.ClearSolutions.text_stub = "*Your answer here.*"
