"""Reading a directive's YAML body: keys of the right type, and for every
mistake its line."""

from collections import Counter

import yaml

LINE = "@line"  # a key that plain YAML cannot hold


class Refused(Exception):
    """A body that breaks the rules: what is wrong, on which of its lines."""

    def __init__(self, message, line=0):
        super().__init__(message)
        self.line = line


class LineLoader(yaml.SafeLoader):
    """Loads YAML; each mapping remembers its first line under `LINE`."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        for key, count in Counter(keys).items():
            if count > 1:
                raise Refused(
                    f"`{key}` is written {count} times; keep one",
                    node.start_mark.line,
                )
        mapping = super().construct_mapping(node, deep=True)
        return {**mapping, LINE: node.start_mark.line}


def read_yaml(text, first="question:"):
    """The mapping in `text`; raises Refused where it is not one."""
    try:
        body = yaml.load(text, LineLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Refused(
            f"the YAML cannot be read: {getattr(error, 'problem', error)}; "
            "put text that holds `: `, `#` or a leading backtick in quotes",
            mark.line if mark else 0,
        ) from None
    if not isinstance(body, dict):
        raise Refused(f"the body must be YAML that starts with `{first}`")
    return body


KINDS = {
    str: "text (put it in quotes)",
    bool: "true or false",
    list: "a list",
    dict: "a mapping",
    float: "a number",
}


def fits(value, kind):
    """Whether `value` is of `kind`; a whole number is a number too."""
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind)


def fields(mapping, needed, optional=None):
    """The values of `mapping`'s keys, in order; Refused if one is wrong.

    `needed` and `optional` map each key to its type; an optional key that is
    absent gives the type's empty value.
    """
    optional = optional or {}
    if not isinstance(mapping, dict):
        raise Refused(f"{mapping!r} must have the keys {', '.join(needed)}")
    line = mapping[LINE]
    for key in mapping.keys() - needed.keys() - optional.keys() - {LINE}:
        known = ", ".join([*needed, *optional])
        raise Refused(f"`{key}` is unknown; the keys are: {known}", line)
    values = []
    for key, kind in {**needed, **optional}.items():
        value = mapping.get(key, kind() if key in optional else None)
        if value is None or (key in needed and value in ("", [])):
            raise Refused(f"`{key}` is missing", line)
        if not fits(value, kind):
            raise Refused(
                f"`{key}` is {value!r}, it must be {KINDS[kind]}", line
            )
        values.append(
            value.strip() if kind is str and key != "code" else value
        )
    return values
