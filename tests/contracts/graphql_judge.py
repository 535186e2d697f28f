"""Judges a GraphQL request by its service's schema, with graphql-core."""

import json

from graphql import GraphQLError, parse, validate
from graphql.execution.values import get_variable_values


class GraphQLJudge:
    def __init__(self, schema, url):
        self.schema = schema
        self.url = url

    def refusal(self, request):
        if (request["method"], request["url"]) != ("POST", self.url):
            return f"requests go to POST {self.url}"
        body = json.loads(request["body"])
        unknown = set(body) - {"query", "variables", "operationName"}
        if unknown or "query" not in body:
            return f"the body has the members {sorted(body)}"
        try:
            document = parse(body["query"])
        except GraphQLError as error:
            return str(error)
        errors = validate(self.schema, document)
        if errors:
            return "; ".join(error.message for error in errors)
        return self.variables_refusal(document.definitions[0], body.get("variables", {}))

    def variables_refusal(self, operation, variables):
        declared = {it.variable.name.value for it in operation.variable_definitions}
        if set(variables) - declared:
            return f"no variable {', '.join(sorted(set(variables) - declared))}"
        found = get_variable_values(self.schema, operation.variable_definitions, variables)
        return "; ".join(error.message for error in found) if isinstance(found, list) else None
