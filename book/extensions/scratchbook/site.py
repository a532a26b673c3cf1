"""The site around the text: what the theme loads, its icons, and the links
that lead to the book's repository."""

import os
import re
import shutil
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.errors import ConfigError
from sphinx.util import logging
from sphinx.util.console import bold

logger = logging.getLogger(__name__)

TEMPLATES = Path(__file__).parent / "templates"
REPOSITORY = "SCRATCHLM_REPOSITORY"


def repository_options(address):
    """Theme options for links to the repository at `address`.

    Colab opens notebooks from GitHub only, so elsewhere Binder is alone.
    """
    address = address.strip().rstrip("/").removesuffix(".git")
    if not re.fullmatch(r"https://[\w.-]+/[\w./-]+/[\w.-]+", address):
        raise ConfigError(
            f"{REPOSITORY} is {address!r}; give an address such as "
            "https://github.com/owner/name, or leave it unset"
        )
    host = address.split("/")[2]
    provider = next((p for p in ("github", "gitlab") if p in host), None)
    if not provider:
        raise ConfigError(
            f"{REPOSITORY} is on {host}; links can be made for GitHub and "
            "GitLab. Leave it unset for a site without repository links"
        )
    launch = {
        "binderhub_url": "https://mybinder.org",
        "notebook_interface": "jupyterlab",
    }
    if provider == "github":
        launch["colab_url"] = "https://colab.research.google.com"
    return {
        "repository_url": address,
        "repository_provider": provider,
        "repository_branch": "main",
        "path_to_docs": "book",
        "use_repository_button": True,
        "use_issues_button": True,
        "use_edit_page_button": True,
        "launch_buttons": launch,
    }


def configure(app, config):
    """Put our templates before the theme's; add links if asked to."""
    config.templates_path.insert(0, str(TEMPLATES))
    if address := os.environ.get(REPOSITORY):
        config.html_theme_options.update(repository_options(address))
        logger.info(bold("repository links: ") + address)


MENDED = {
    # pandas: the empty corner of a table is no header
    "<th></th>": "<td></td>",
    # docutils: a role that ARIA has withdrawn, inside role="list"
    'role="doc-biblioentry"': 'role="listitem"',
}


def mend(app, pagename, templatename, context, doctree):
    """Put right what other tools write and screen readers stumble over."""
    for wrong, right in MENDED.items():
        context["body"] = context.get("body", "").replace(wrong, right)


def describe(app, pagename, templatename, context, doctree):
    """Give the page the description that search engines show."""
    paragraphs = doctree.findall(nodes.paragraph) if doctree else []
    text = next((p.astext() for p in paragraphs if len(p.astext()) > 60), "")
    text = re.sub(r"\s+", " ", text)
    if len(text) > 155:
        text = text[:155].rsplit(" ", 1)[0] + " ..."
    if text:
        tag = app.builder.templates.environment.from_string(
            '\n<meta name="description" content="{{ text | e }}" />'
        )
        context["metatags"] = context.get("metatags", "") + tag.render(
            text=text
        )


def open_hidden(translator, node):
    """A cell's hidden part: one summary, whose words name what it hides."""
    places = [name for name in node["classes"] if name.endswith("put")]
    translator.body.append(
        f'<details class="fold hidden-cell {" ".join(places)}">'
        f"<summary>{translator.encode(node['prompt_show'])}</summary>"
    )


def close_hidden(translator, node):
    """End of the hidden part."""
    translator.body.append("</details>")


UNUSED = ("vendor", "scripts/fontawesome.js*", "**/*.map", "**/*.html")
ICON_FONT = re.compile(
    r"@font-face\{[^}]*Font Awesome[^}]*\}"
    r"|(?:\.fa-[\w-]+::?before,?)+\{content:[^}]*\}"
)


def trim(app, exception):
    """Drop what the theme brings and no page uses: its icon font, maps."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    for path in {p for name in UNUSED for p in static.glob(name)}:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    style = static / "styles" / "pydata-sphinx-theme.css"
    if style.exists():
        text = style.read_text(encoding="utf-8")
        style.write_text(ICON_FONT.sub("", text), encoding="utf-8")


def setup(app):
    """Connect the steps to Sphinx's events."""
    # Jupyter Book always sets this value of an extension that we leave out.
    app.add_config_value("comments_config", {}, "html")
    app.connect("config-inited", configure, priority=900)
    app.connect("html-page-context", describe)
    app.connect("html-page-context", mend)
    app.connect("build-finished", trim)
    app.add_node(
        HideCodeCellNode, override=True, html=(open_hidden, close_hidden)
    )
