"""The book's Sphinx extension.

`directives` makes the reader act, `mathematics` prints formulas at build
time, `site` trims the theme and adds repository links on request.
"""

from . import directives, html, mathematics, site


def setup(app):
    """Register the four parts with Sphinx."""
    for part in (html, directives, mathematics, site):
        part.setup(app)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
