"""Judges a request by an OpenAPI description, with openapi-core.

openapi-core reads no names with brackets, so a form is folded into JSON before: `a[b]=1` becomes {"a": {"b": 1}}.
"""

import json
import re
from urllib.parse import parse_qsl, urlsplit

from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest
from werkzeug.datastructures import ImmutableMultiDict

FORM = "application/x-www-form-urlencoded"
# a type that openapi-core reads as JSON, and that no description has of its own
FOLDED = "application/vnd.api+json"


class OpenApiJudge:
    def __init__(self, description, base):
        description["servers"] = [{"url": base}]
        self.base = urlsplit(base).path.rstrip("/")
        self.description = description
        self.patterns = [(pattern_of(path), path) for path in description["paths"]]
        for operation in operations(description):
            adapt(operation)
        # the credential is the hub's own business, and some descriptions want it as a parameter
        description.pop("security", None)
        config = Config(spec_validator_cls=None, additional_properties_default_policy="forbid")
        self.openapi = OpenAPI.from_dict(description, config=config)

    def refusal(self, request):
        url = urlsplit(request["url"])
        query = parse_qsl(url.query, keep_blank_values=True)
        method, below = request["method"].lower(), url.path.removeprefix(self.base)
        template = self.template(below, method)
        if template is None:
            return f"no operation {request['method']} {url.path}"
        operation = self.description["paths"][template][method]
        unknown = {name for name, _ in query} - self.query_names(template, operation)
        if unknown:
            return f"no query parameter {', '.join(sorted(unknown))}"
        body, content_type = request["body"], request["headers"].get("content-type", "")
        if content_type == FORM:
            schema = self.form_schema(operation)
            body, content_type = json.dumps(self.folded(schema, parse_qsl(body, keep_blank_values=True))), FOLDED
        sent = MockRequest(
            f"{url.scheme}://{url.netloc}",
            method,
            self.base + without_slashes_in_holes(template, below),
            args=ImmutableMultiDict(query),
            headers=request["headers"],
            data=body.encode() if body is not None else None,
            content_type=content_type,
        )
        try:
            self.openapi.validate_request(sent)
        except OpenAPIError as error:
            return explain(error)
        return None

    def template(self, path, method):
        paths = self.description["paths"]
        found = [it for pattern, it in self.patterns if pattern.fullmatch(path) and method in paths[it]]
        # a path without holes is meant before one with
        return min(found, key=lambda it: it.count("{"), default=None)

    def query_names(self, template, operation):
        shared = self.description["paths"][template].get("parameters", [])
        parameters = [self.resolved(it) for it in [*operation.get("parameters", []), *shared]]
        return {it["name"] for it in parameters if it["in"] == "query"}

    def form_schema(self, operation):
        content = self.resolved(operation.get("requestBody", {})).get("content", {})
        return content.get(FOLDED, {}).get("schema", {})

    def folded(self, schema, pairs):
        value = {}
        for name, text in pairs:
            *parents, last = re.findall(r"[^\[\]]+", name)
            place = value
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = text
        return self.typed(schema, value)

    def typed(self, schema, value):
        """Gives the texts of a form the types that the description wants, where the text reads so."""
        schema = self.resolved(schema)
        choices = [self.resolved(it) for it in schema.get("anyOf", [schema])]
        types = {it.get("type") for it in choices}
        if isinstance(value, dict):
            members = {name: it for choice in choices for name, it in choice.get("properties", {}).items()}
            return {name: self.typed(members.get(name, {}), it) for name, it in value.items()}
        if "integer" in types and re.fullmatch(r"-?\d+", value):
            return int(value)
        if "boolean" in types and value in ("true", "false"):
            return value == "true"
        return value

    def resolved(self, it):
        while "$ref" in it:
            found = self.description
            for name in it["$ref"].removeprefix("#/").split("/"):
                found = found[name.replace("~1", "/")]
            it = found
        return it


def operations(description):
    for path in description["paths"].values():
        yield from (it for it in path.values() if isinstance(it, dict))


def adapt(operation):
    operation.pop("security", None)
    content = operation.get("requestBody", {}).get("content", {})
    if FORM in content:
        content[FOLDED] = {"schema": content.pop(FORM)["schema"]}
    # openapi-core cannot read deepObject, which no request uses; a token is Slack's old way to send the credential
    left_out = lambda it: it.get("style") == "deepObject" or it.get("name") == "token"
    operation["parameters"] = [it for it in operation.get("parameters", []) if not left_out(it)]


def pattern_of(path):
    """A hole takes one segment; the last may take several if it is a path, as with files on GitHub."""
    parts = re.split(r"(\{[^}]*\})", path.removesuffix("{path}"))
    pattern = "".join("([^/]+)" if part.startswith("{") else re.escape(part) for part in parts)
    return re.compile(pattern + ("(.+)" if path.endswith("{path}") else ""))


def without_slashes_in_holes(template, path):
    """openapi-core reads a path in a hole only if its slashes are encoded."""
    values = iter(pattern_of(template).fullmatch(path).groups())
    return re.sub(r"\{[^}]*\}", lambda _: next(values).replace("/", "%2F"), template)


def explain(error):
    causes, seen = [], error
    while seen is not None:
        causes.append(str(seen))
        seen = seen.__cause__
    return ": ".join(causes)[:600]
