"""Joins the parameters and the body of each operation of OpenAPI descriptions into one object schema, as tools have them.

Usage: operations.py ARCHIVE MEMBER [COUNT]. MEMBER is a file of the package, or a folder of which every ninth file is read.
With COUNT, prints so many operations, chosen by the hash of their names. Prints one JSON object a line: name, schema.
"""

import hashlib
import json
import sys
import tarfile
import urllib.parse

METHODS = ["get", "put", "post", "delete", "patch"]


def located(document, node):
    """Follows the reference of a parameter or a body."""
    while isinstance(node, dict) and "$ref" in node:
        target = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[urllib.parse.unquote(step).replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def joined(document, schema, definitions):
    """Returns a schema of JSON Schema: references lead to `$defs`, which are collected."""
    if isinstance(schema, list):
        return [joined(document, item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        reference = schema["$ref"]
        name = reference.removeprefix("#/").removeprefix("components/schemas/").replace("/", ".").replace("~1", ".")
        if name not in definitions:
            definitions[name] = True
            definitions[name] = joined(document, located(document, {"$ref": reference}), definitions)
        return {"$ref": f"#/$defs/{name}"}
    found = {}
    for keyword, value in schema.items():
        # data is no schema, and what only the documentation of an API has is no part of a tool
        if keyword in ("example", "examples", "externalDocs", "xml", "discriminator", "nullable"):
            continue
        if keyword in ("properties", "patternProperties"):
            found[keyword] = {name: joined(document, inner, definitions) for name, inner in value.items()}
            continue
        data = keyword in ("enum", "const", "default", "required")
        found[keyword] = value if data else joined(document, value, definitions)
    if schema.get("nullable") is True and isinstance(schema.get("type"), str):
        found["type"] = [schema["type"], "null"]
        if "enum" in found and None not in found["enum"]:
            found["enum"] = [*found["enum"], None]
    return found


def operations(name, document):
    for path, item in document.get("paths", {}).items():
        item = located(document, item)
        for method in METHODS:
            if method not in item:
                continue
            try:
                yield f"{name} {method.upper()} {path}", schema_of(document, item, item[method])
            except (KeyError, TypeError, IndexError):
                continue  # a reference of the description leads nowhere


def schema_of(document, item, operation):
    definitions = {}
    properties, required = {}, []
    for parameter in item.get("parameters", []) + operation.get("parameters", []):
        parameter = located(document, parameter)
        schema = parameter.get("schema") or next(iter(parameter.get("content", {"": {}}).values())).get("schema", {})
        schema = joined(document, schema, definitions)
        if isinstance(schema, dict) and parameter.get("description"):
            schema = {**schema, "description": parameter["description"]}
        properties[parameter["name"]] = schema
        if parameter.get("required"):
            required.append(parameter["name"])
    body = located(document, operation.get("requestBody", {}))
    for kind, content in body.get("content", {}).items():
        if "json" in kind or "form" in kind:
            properties["body"] = joined(document, content.get("schema", {}), definitions)
            if body.get("required"):
                required.append("body")
            break
    return {"type": "object", "properties": properties, "required": sorted(set(required)), "$defs": definitions}


def documents(archive, member):
    """Reads one description, or every ninth one of a folder."""
    with tarfile.open(archive) as package:
        names = [f"package/{member}"]
        if member.endswith("/"):
            in_folder = sorted(name for name in package.getnames() if name.startswith(f"package/{member}"))
            names = [name for name in in_folder if name.endswith(".json")][::9]
        for name in names:
            document = json.load(package.extractfile(name))
            if str(document.get("openapi", "")).startswith("3"):
                yield name.removeprefix(f"package/{member}"), document


def main():
    archive, member = sys.argv[1:3]
    found = []
    for name, document in documents(archive, member):
        for operation, schema in operations(name, document):
            line = json.dumps({"name": operation.strip(), "schema": schema}, ensure_ascii=False, separators=(",", ":"))
            found.append((hashlib.sha1(operation.encode()).hexdigest(), line))
    if len(sys.argv) > 3:
        found = sorted(found)[: int(sys.argv[3])]
    for _, line in found:
        print(line)


if __name__ == "__main__":
    main()
