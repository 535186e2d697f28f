"""Judges requests of tools by the descriptions that their providers publish.

Reads one request a line from standard input, as JSON: {"service", "request": {"method", "url", "headers", "body"}}.
Writes one line for each: null if the request fits, or the reason why not.
"""

import gzip
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

from discovery import openapi_of_discovery
from graphql import build_client_schema, build_schema
from graphql_judge import GraphQLJudge
from openapi_judge import OpenApiJudge
from recorded_judge import RecordedJudge
from typescript import sdl_of_types

DESCRIPTIONS = Path(__file__).parent / "descriptions"


def read(name):
    path = DESCRIPTIONS / name
    return gzip.open(path, "rt").read() if name.endswith(".gz") else path.read_text()


def openapi(name, base, edit=lambda description: None):
    """`base` is the address of the API where the hub calls it; `edit` mends known faults of the file."""
    description = json.loads(read(name))
    edit(description)
    return OpenApiJudge(description, base)


def discovery(name):
    description = openapi_of_discovery(json.loads(read(name)))
    return OpenApiJudge(description, description["servers"][0]["url"])


@cache
def recordings():
    """What the client libraries send, by service."""
    upstreams = Path(__file__).parent.parent / "upstreams"
    command = [upstreams / "node_modules/.bin/node", upstreams / "clients.mjs"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def recorded(service, base, **differences):
    return RecordedJudge(recordings()[service], base, **differences)


def mend_notion(description):
    """The file calls child blocks texts, says `database_id` where it explains `data_source_id`, and describes no filter."""

    def properties(path):
        return description["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]

    anything = {"type": "object", "additionalProperties": True}
    text = {"type": "string"}
    block = {"type": "object", "required": ["type"], "properties": {"object": text, "type": text, "paragraph": anything}}
    properties("/v1/pages")["children"] = {"type": "array", "items": block}
    properties("/v1/data_sources/{data_source_id}/query")["filter"] = anything


def mend_jira(description):
    """The file lets anything stand beside the members that it names."""
    description["components"]["schemas"]["IssueUpdateDetails"].pop("additionalProperties")


def mend_vercel(description):
    """The file knows version 6 of this path; the current client library, @vercel/sdk, calls version 7."""
    description["paths"]["/v7/deployments"] = description["paths"].pop("/v6/deployments")


def merge_all_of(description):
    """Makes one object of those that `allOf` puts together: each alone would refuse the members of the others."""

    def resolved(it):
        return description["components"]["schemas"][it["$ref"].rsplit("/", 1)[1]] if "$ref" in it else it

    def walk(it):
        for value in it.values() if isinstance(it, dict) else it:
            if isinstance(value, dict | list):
                walk(value)
        if isinstance(it, dict) and isinstance(it.get("allOf"), list):
            it.setdefault("type", "object")
            for part in it.pop("allOf"):
                walk(resolved(part))
                it.setdefault("properties", {}).update(resolved(part).get("properties", {}))
                it.setdefault("required", []).extend(resolved(part).get("required", []))

    walk(description["components"]["schemas"])


# the addresses are those that the dry run makes of the example values in connectors/
JUDGES = {
    "airtable": lambda: recorded("airtable", "https://api.airtable.com"),
    "asana": lambda: openapi("asana.json", "https://app.asana.com/api/1.0", merge_all_of),
    "discord": lambda: recorded("discord", "https://discord.com"),
    "github": lambda: openapi("github.json", "https://api.github.com"),
    "google-calendar": lambda: discovery("calendar.v3.json"),
    "google-drive": lambda: discovery("drive.v3.json"),
    "google-gmail": lambda: discovery("gmail.v1.json"),
    # the library calls version 3; HubSpot's public collection of descriptions has the path of 2026-09
    "hubspot": lambda: recorded("hubspot", "https://api.hubapi.com", moved=("/crm/v3/objects", "/crm/objects/2026-09")),
    "intercom": lambda: recorded("intercom", "https://api.intercom.io"),
    "jira": lambda: openapi("jira.json", "https://api.atlassian.com/ex/jira/11223344-a1b2-3b33-c444-def123456789", mend_jira),
    "linear": lambda: GraphQLJudge(build_schema(sdl_of_types(read("linear.d.ts"))), "https://api.linear.app/graphql"),
    "monday": lambda: GraphQLJudge(build_schema(sdl_of_types(read("monday.d.ts"))), "https://api.monday.com/v2"),
    "notion": lambda: openapi("notion.json", "https://api.notion.com", mend_notion),
    "salesforce": lambda: recorded("salesforce", "https://example.test"),
    "sendgrid": lambda: openapi("sendgrid.json", "https://api.eu.sendgrid.com/v3"),
    "shopify": lambda: GraphQLJudge(
        build_client_schema(json.loads(read("shopify.json.gz"))["data"], assume_valid=True),
        "https://my-shop.myshopify.com/admin/api/2026-07/graphql.json",
    ),
    "slack": lambda: openapi("slack.json", "https://slack.com/api"),
    "stripe": lambda: openapi("stripe.json", "https://api.stripe.com"),
    "twilio": lambda: openapi("twilio.json", "https://api.twilio.com"),
    "vercel": lambda: openapi("vercel.json", "https://api.vercel.com", mend_vercel),
    # the names by hand are those of the search in developer.zendesk.com/api-reference/ticketing
    "zendesk": lambda: recorded("zendesk", "https://acme.zendesk.com", by_hand=["sort_by", "sort_order", "per_page"]),
}


@cache
def judge_of(service):
    return JUDGES[service]()


def main():
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(judge_of(asked["service"]).refusal(asked["request"])), flush=True)


main()
