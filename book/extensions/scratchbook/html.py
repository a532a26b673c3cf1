"""HTML elements as document nodes, so that directives can write any element
around Markdown that Sphinx still sees: links, terms, formulas, search."""

import json
from html import escape

from docutils import nodes


class tag(nodes.General, nodes.Element):
    """One HTML element; `name` and `html` hold its tag and attributes."""


def element(name, *children, **attributes):
    """A node that becomes `<name attributes>children</name>`.

    Strings become text; `class_` is written `class`, `aria_label` becomes
    `aria-label`; an attribute that is None is left out.
    """
    node = tag(name=name)
    node["html"] = {
        key.rstrip("_").replace("_", "-"): value
        for key, value in attributes.items()
        if value is not None
    }
    for child in children:
        node += nodes.Text(child) if isinstance(child, str) else child
    return node


def code(text):
    """`<code>` with its spaces kept and its quotes left straight."""
    return nodes.raw("", f"<code>{escape(text)}</code>", format="html")


def data(values):
    """What a script needs to bring the element to life, as JSON."""
    text = json.dumps(values, ensure_ascii=False).replace("<", "\\u003c")
    script = f'<script type="application/json">{text}</script>'
    return nodes.raw("", script, format="html")


def open_tag(translator, node):
    """Write the start of the element."""
    written = "".join(
        f' {key}="{escape(str(value))}"' for key, value in node["html"].items()
    )
    translator.body.append(f"<{node['name']}{written}>")


def close_tag(translator, node):
    """Write the end of the element."""
    translator.body.append(f"</{node['name']}>")


def pass_by(translator, node):
    """Other builders see the children only."""


def setup(app):
    """Tell each builder how to write an element."""
    quiet = dict.fromkeys(("latex", "text", "man", "texinfo"), (pass_by,) * 2)
    app.add_node(tag, html=(open_tag, close_tag), **quiet)
