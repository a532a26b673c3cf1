"""The command line: `scratchgrade --help` lists its commands.

One module for each group of commands; importing it registers them.
"""

import sys
from typing import NoReturn

from rich.console import Console
from rich.markup import escape

from scratchgrade.checks.kit import CourseError
from scratchgrade.cli import (  # noqa: F401
    clustering,
    collecting,
    doctoring,
    exporting,
    grading,
    keeping,
    releasing,
    reporting,
    telling,
)
from scratchgrade.cli.common import app
from scratchgrade.files import Damaged, Locked
from scratchgrade.limits import NoBox


def main() -> None:
    """Run the command line; a known mistake ends in one clear line."""
    try:
        app()
    except (CourseError, Locked, Damaged) as error:
        complain(str(error))
    except NoBox as error:  # nobody is graded without walls by accident
        complain(str(error), 3)
    except OSError as error:  # a full disk, a folder that is read-only
        complain(
            f"{error}. What is graded is kept; when this is mended, the same "
            "command goes on"
        )


def complain(text: str, code: int = 1) -> NoReturn:
    """One line on stderr, and the exit code."""
    err = Console(stderr=True, highlight=False, soft_wrap=True)
    err.print(f"scratchgrade: {escape(text)}")
    sys.exit(code)
