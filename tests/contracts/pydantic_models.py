"""Makes an OpenAPI description of a server whose requests are models of Pydantic, made of ClickUp's own description."""

import re
import sys
from types import ModuleType

from pydantic import BaseModel, ConfigDict

# the request of each operation, its path, and its method
OPERATION = re.compile(
    r"_models\.(\w+Request)\(.*?\b_http_path = [^\n]*\"(/v2/[^\"]+)\"\n.*?_log_tool_invocation\(\"\w+\", \"(\w+)\"", re.DOTALL
)


def openapi_of_models(server, models):
    requests, paths = classes(models), {}
    for body in server.split("\nasync def ")[1:]:
        found = OPERATION.search(body)
        if found:
            name, path, method = found.groups()
            paths.setdefault(path, {})[method.lower()] = operation(requests[name])
    # an operation without any input has no model
    for path, method in re.findall(r"_http_path = \"(/v2/[^\"]+)\"\n.*?_log_tool_invocation\(\"\w+\", \"(\w+)\"", server, re.DOTALL):
        paths.setdefault(path, {}).setdefault(method.lower(), {"parameters": [], "responses": {}})
    return {"openapi": "3.1.0", "info": {"title": "ClickUp", "version": "2"}, "paths": paths}


def classes(text):
    """Runs the file of the models. Their base classes are in a file that checks more than the description says."""
    validators = ModuleType("_validators")
    validators.StrictModel = type("StrictModel", (BaseModel,), {"model_config": ConfigDict(extra="forbid")})
    validators.PermissiveModel = type("PermissiveModel", (BaseModel,), {"model_config": ConfigDict(extra="allow")})
    sys.modules["_validators"] = validators
    module = ModuleType("clickup_models")
    sys.modules["clickup_models"] = module
    exec(compile(text, "clickup_models.py", "exec"), module.__dict__)
    return module.__dict__


def operation(request):
    schema = flat(request.model_json_schema(by_alias=True))
    members = schema["properties"]
    place = lambda name: next((it for it in [members.get(name, {}), *members.get(name, {}).get("anyOf", [])] if "properties" in it), {})
    parameters = [
        {"name": name, "in": where, "required": where == "path" or name in place(where).get("required", []), "schema": it}
        for where in ("path", "query")
        for name, it in place(where).get("properties", {}).items()
    ]
    described = {"parameters": parameters, "responses": {"200": {"description": "success"}}}
    if place("body"):
        described["requestBody"] = {"content": {"application/json": {"schema": place("body")}}}
    return described


def flat(schema, definitions=None):
    """Puts each definition where it is used: openapi-core reads none inside a schema."""
    if isinstance(schema, list):
        return [flat(it, definitions) for it in schema]
    if not isinstance(schema, dict):
        return schema
    definitions = schema.get("$defs", definitions)
    if "$ref" in schema:
        return flat(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    return {name: flat(it, definitions) for name, it in schema.items() if name not in ("$defs", "examples")}
