"""Makes an OpenAPI description of a Google discovery document, so that one judge reads both."""


def openapi_of_discovery(document):
    paths = {}
    for method in methods(document):
        path = "/" + method["path"].replace("{+", "{")
        paths.setdefault(path, {})[method["httpMethod"].lower()] = operation(document, method)
    schemas = {name: schema(it) for name, it in document["schemas"].items()}
    return {
        "openapi": "3.0.3",
        "info": {"title": document["title"], "version": document["version"]},
        "servers": [{"url": document["rootUrl"] + document["servicePath"].strip("/")}],
        "paths": paths,
        "components": {"schemas": schemas},
    }


def methods(resource):
    yield from resource.get("methods", {}).values()
    for below in resource.get("resources", {}).values():
        yield from methods(below)


def operation(document, method):
    parameters = [
        {
            "name": name,
            "in": it["location"],
            "required": it.get("required", False) or it["location"] == "path",
            "schema": {"type": "array", "items": schema(it)} if it.get("repeated") else schema(it),
        }
        for name, it in {**document["parameters"], **method.get("parameters", {})}.items()
    ]
    described = {"parameters": parameters, "responses": {"200": {"description": "success"}}}
    if "request" in method:
        described["requestBody"] = {"content": {"application/json": {"schema": schema(method["request"])}}}
    return described


def schema(it):
    if "$ref" in it:
        return {"$ref": f"#/components/schemas/{it['$ref']}"}
    made = {name: it[name] for name in ("type", "enum", "pattern") if name in it and it[name] != "any"}
    made |= {name: int(it[name]) for name in ("minimum", "maximum") if name in it}
    if it.get("format") in ("date", "date-time"):
        made["format"] = it["format"]
    if "items" in it:
        made["items"] = schema(it["items"])
    if "properties" in it:
        made["properties"] = {name: schema(member) for name, member in it["properties"].items()}
    if "additionalProperties" in it:
        made["additionalProperties"] = schema(it["additionalProperties"])
    return made
