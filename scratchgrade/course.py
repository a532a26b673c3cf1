"""The course on disk: where solutions, releases and grades are."""

from pathlib import Path

from scratchgrade.checks import kit
from scratchgrade.checks.kit import CourseError
from scratchgrade.grade import Assignment
from scratchgrade.store import Store

CONFIG = "nbgrader_config.py"


class Course:
    """A folder with an nbgrader_config.py."""

    def __init__(self, root: Path):
        self.root = root
        self.grading = root / "grading"
        self.submitted = self.grading / "submitted"
        self.feedback = self.grading / "feedback"
        self.exports = self.grading / "exports"
        self.store = Store(self.grading)

    @classmethod
    def around(cls, start: Path) -> "Course":
        """The course that holds a folder.

        Raises:
            CourseError: if none of its parents is a course.
        """
        for folder in (start.resolve(), *start.resolve().parents):
            if (folder / CONFIG).is_file():
                return cls(folder)
        raise CourseError(
            f"neither {start.resolve()} nor a folder above it holds "
            f"{CONFIG}; go to the course's folder, or name it with --course"
        )

    def source(self, name: str) -> Path:
        return self.root / "solutions" / name / f"{name}.ipynb"

    def release(self, name: str) -> Path:
        return self.root / "exercises" / name / f"{name}.ipynb"

    def assignment(self, name: str) -> Assignment:
        """An assignment as it was released.

        Raises:
            CourseError: if there is no such assignment, or no release.
        """
        for stage, (found, module) in kit.STAGES.items():
            if found == name:
                return self._released(name, stage, module)
        names = ", ".join(found for found, _ in kit.STAGES.values())
        raise CourseError(f"no assignment {name!r}; there are: {names}")

    def _released(self, name: str, stage: str, module: str) -> Assignment:
        path = self.release(name)
        if not path.exists():
            raise CourseError(
                f"{name} has not been released: run `scratchgrade release "
                f"{name}` first"
            )
        return Assignment(name, path.read_bytes(), stage, module)
