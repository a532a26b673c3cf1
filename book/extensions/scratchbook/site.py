"""The site around the text: its own page, in place of the theme's, its list
of contents, and the links that lead to the book's repository."""

import os
import re
import shutil
from html import escape
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.environment.adapters.toctree import TocTree
from sphinx.errors import ConfigError
from sphinx.util import logging
from sphinx.util.console import bold

logger = logging.getLogger(__name__)

TEMPLATES = Path(__file__).parent / "templates"
REPOSITORY = "SCRATCHLM_REPOSITORY"


# --- the repository --------------------------------------------------------


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
    """Add links to the repository if asked to."""
    if address := os.environ.get(REPOSITORY):
        config.html_theme_options.update(repository_options(address))
        logger.info(bold("repository links: ") + address)


# --- the page --------------------------------------------------------------


def use_templates(app):
    """Put our templates before the theme's, for the site alone."""
    if app.builder.name == "html":
        app.config.templates_path.insert(0, str(TEMPLATES))
        app.builder.init_templates()


def stage_of(pagename):
    """The stage that a chapter belongs to: `07-1-classification` to 7."""
    number = re.match(r"(\d\d)-", pagename)
    return int(number[1]) if number else None


def plain_title(title):
    """A page's title without the number that Sphinx puts before it."""
    title = re.sub(r'<span class="section-number">[^<]*</span>', "", title)
    return re.sub(r"^\s*\d+\.\s+", "", title)


def contents(app, pagename):
    """The book's pages as a list, by part; chapters with their stage."""
    env, builder = app.env, app.builder
    written = []
    for tree in env.get_doctree(env.config.root_doc).findall():
        if tree.tagname != "toctree":
            continue
        if caption := tree.get("caption"):
            written.append(f"<p>{escape(caption)}</p>")
        items = []
        for _, name in tree["entries"]:
            stage, here = stage_of(name), name == pagename
            title = escape(plain_title(env.titles[name].astext()))
            items.append(
                f'<li><a href="{builder.get_relative_uri(pagename, name)}"'
                f"{' class=current aria-current=page' if here else ''}>"
                f"{'' if stage is None else f'<span class=n>{stage}</span>'}"
                f"<span>{title}</span></a></li>"
            )
        written.append(f"<ul>{''.join(items)}</ul>")
    return "\n".join(written)


def on_this_page(app, pagename):
    """The page's sections as a list; empty if there are fewer than two."""
    if pagename not in app.env.tocs or pagename == app.config.root_doc:
        return ""
    toc = TocTree(app.env).get_toc_for(pagename, app.builder)
    sections = [
        item for page in toc for part in page[1:] for item in part.children
    ]
    if len(sections) < 2:
        return ""
    links = nodes.bullet_list()
    for section in sections:
        links += nodes.list_item("", section[0].deepcopy())
    return app.builder.render_partial(links)["fragment"]


def page_tools(buttons):
    """The theme's buttons as one list of {text, url, file}, without icons."""
    tools = []
    for button in buttons:
        if button["type"] == "group":
            tools += page_tools(button["buttons"])
        elif button["type"] == "link":
            file = button.get("label", "").startswith("download-")
            words = button.get("tooltip") or button["text"]
            tools.append({"text": words, "url": button["url"], "file": file})
        elif "print" in button.get("javascript", ""):
            tools.append({"text": "Print, or save as PDF"})
    return tools


THEIRS = re.compile(
    r"_static/(basic\.css|mystnb|styles/|scripts/|copybutton|clipboard"
    r"|documentation_options|doctools|sphinx_highlight)"
)
SEARCH = [
    *(f"_static/{name}.js" for name in ("documentation_options", "doctools")),
    *(f"_static/{name}.js" for name in ("sphinx_highlight", "language_data")),
    "_static/searchtools.js",
    "searchindex.js",
]


def furnish(app, pagename, templatename, context, doctree):
    """Give the template what it shows, and load nothing of the theme."""
    if app.builder.name != "html":
        return
    for kind in ("css_files", "script_files"):
        context[kind] = [f for f in context[kind] if is_ours(f, context)]
    context["search_scripts"] = SEARCH
    context["plain_title"] = plain_title
    context["contents"] = contents(app, pagename)
    context["on_this_page"] = on_this_page(app, pagename)
    context["page_tools"] = page_tools(context.get("header_buttons", []))
    if "title" in context:
        context["title"] = plain_title(context["title"])


def is_ours(file, context):
    """Whether the page loads the file: no theme's, and KaTeX's style sheet
    only where there is a formula."""
    name = str(getattr(file, "filename", None) or "")
    if "katex/" in name:
        return 'class="katex' in context.get("body", "")
    return bool(name) and not THEIRS.match(name)


MENDED = {
    # pandas: the empty corner of a table is no header
    "<th></th>": "<td></td>",
    # docutils: a role that ARIA has withdrawn, inside role="list"
    'role="doc-biblioentry"': 'role="listitem"',
}


def mend(app, pagename, templatename, context, doctree):
    """Put right what other tools write and screen readers stumble over."""
    body = context.get("body", "")
    for wrong, right in MENDED.items():
        body = body.replace(wrong, right)
    body = say_once(body)
    stage = stage_of(pagename)
    if stage is not None:
        number = r'<h1><span class="section-number">[^<]*</span>'
        body = re.sub(number, "<h1>", body, count=1)
        body = f'<p class="stage-number">Stage {stage}</p>\n{body}'
    context["body"] = body


def say_once(body):
    """Leave out of each style element what an earlier one has said.

    Every figure carries the rules of all figures, since a notebook shows it
    alone; those of its own are on the last line.
    """
    said = set()

    def shorter(style):
        shared, _, own = style[1].rpartition("\n")
        if shared not in said:
            said.add(shared)
            return style[0]
        return own and f"<style>{own}</style>"

    return re.sub(r"<style>(.*?)</style>", shorter, body, flags=re.DOTALL)


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
        # Sphinx's own tag says what the template already says.
        context["metatags"] = tag.render(text=text)


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


# --- what is shipped -------------------------------------------------------

UNUSED = ("vendor", "scripts", "styles", "locales", "images", "webpack*")
UNUSED += ("basic.css", "mystnb*.css", "copybutton*", "*.png", "sbt-*")
UNUSED += ("**/*.map", "**/*.html", "check-solid.svg", "copy-button.svg")


def trim(app, exception):
    """Drop what the theme brings: no page loads it."""
    if exception or app.builder.name != "html":
        return
    static = Path(app.outdir) / "_static"
    own = {
        p.name
        for folder in app.config.html_static_path
        for p in (Path(app.confdir) / folder).iterdir()
    }
    for path in {p for name in UNUSED for p in static.glob(name)}:
        if path.name in own:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def setup(app):
    """Connect the steps to Sphinx's events."""
    # Jupyter Book always sets this value of an extension that we leave out.
    app.add_config_value("comments_config", {}, "html")
    app.add_js_file("site.js", type="module")
    app.connect("config-inited", configure, priority=900)
    app.connect("builder-inited", use_templates)
    app.connect("html-page-context", describe)
    app.connect("html-page-context", mend)
    app.connect("html-page-context", furnish, priority=900)
    app.connect("build-finished", trim, priority=900)
    app.add_node(
        HideCodeCellNode, override=True, html=(open_hidden, close_hidden)
    )
