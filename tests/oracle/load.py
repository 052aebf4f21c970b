"""Reads YAML streams with PyYAML and prints one line of JSON for each file:
{"file": ..., "documents": [...]} or {"file": ..., "error": ...}.

The files are the arguments or, without any, names on standard input that end in NUL.

The data are those of SafeLoader (YAML 1.1, of duplicate keys the last one wins), with two differences,
so that every stream can be told from every other: timestamps stay strings, and a node with a tag that
SafeLoader does not know is loaded as {"!tag": value}.
"""

import base64
import json
import math
import sys

import yaml

Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Loader(Base):
    pass


def tagged(loader, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {node.tag: value}


Loader.add_constructor("tag:yaml.org,2002:timestamp", Base.construct_yaml_str)
# `=` alone is YAML 1.1's "default value"; SafeLoader recognises it and then cannot load it.
Loader.add_constructor("tag:yaml.org,2002:value", Base.construct_yaml_str)
Loader.add_constructor(None, tagged)


def plain(value):
    """`value` with nothing in it that JSON cannot say."""
    if isinstance(value, dict):
        return {key(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, set):
        return {"!!set": sorted(key(item) for item in value)}
    if isinstance(value, bytes):
        return {"!!binary": base64.b64encode(value).decode()}
    if isinstance(value, float) and not math.isfinite(value):
        return {"!!float": repr(value)}
    return value


def key(name):
    """A mapping key as text; one that is no string cannot be taken for one that is."""
    return name if isinstance(name, str) else "!!" + type(name).__name__ + " " + repr(name)


def load(file):
    try:
        with open(file, "rb") as stream:
            return {"file": file, "documents": [plain(item) for item in yaml.load_all(stream, Loader)]}
    except (OSError, RecursionError, ValueError, yaml.YAMLError) as error:
        return {"file": file, "error": f"{type(error).__name__}: {error}"}


def main():
    files = sys.argv[1:] or [name for name in sys.stdin.read().split("\0") if name]
    for file in files:
        json.dump(load(file), sys.stdout, sort_keys=True, ensure_ascii=False)
        sys.stdout.write("\n")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    main()
