"""The book's Sphinx extension.

`directives` and `widgets` make the reader act, `progress` counts what there
is to do, `mathematics` prints formulas at build time, `site` replaces the
theme's pages, `welcome` draws the first one's pictures; `vocabularies`,
`payloads` and `models` write what elements load on a click.
"""

from . import (
    directives,
    html,
    mathematics,
    models,
    payloads,
    progress,
    site,
    vocabularies,
    welcome,
    widgets,
)

PARTS = (
    *(html, directives, widgets, progress, mathematics, site, welcome),
    *(vocabularies, payloads, models),
)


def setup(app):
    """Register the parts with Sphinx."""
    for part in PARTS:
        part.setup(app)
    return {
        "version": "1",
        "env_version": 2,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
