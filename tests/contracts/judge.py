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

from declared_types import DeclaredTypes, snake_case
from discovery import openapi_of_discovery
from graphql import build_client_schema, build_schema
from graphql_judge import GraphQLJudge
from openapi_judge import OpenApiJudge
from pydantic_models import openapi_of_models
from recorded_judge import RecordedJudge
from typescript import sdl_of_types

DESCRIPTIONS = Path(__file__).parent / "descriptions"
UPSTREAMS = Path(__file__).parent.parent / "upstreams"


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
    command = [UPSTREAMS / "node_modules/.bin/node", UPSTREAMS / "clients.mjs"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def recorded(service, *hosts, **differences):
    return RecordedJudge(recordings()[service], *hosts, **differences)


def declared(files, wire_name=lambda name: name):
    """The types that a client library declares in these files."""
    return DeclaredTypes(sorted((UPSTREAMS / "node_modules").glob(files)), wire_name)


@cache
def graph():
    return openapi("graph.json", "https://graph.microsoft.com/v1.0", mend_graph)


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


def mend_telegram(description):
    """The file knows uploads of photos only. A photo that Telegram fetches may be named in any format (“Sending files”)."""
    content = description["paths"]["/sendPhoto"]["post"]["requestBody"]["content"]
    content["application/json"] = content["multipart/form-data"]


def mend_graph(description):
    """The file has 7,419 paths. It writes the action with its namespace, its members with capitals, and no order by a nested value.

    It requires the name of the type in each object, which no example on Microsoft's pages has.
    """
    wanted = ("/me/messages", "/me/mailFolders", "/me/calendarView", "/me/events", "/me/joinedTeams", "/me/chats", "/chats", "/teams")
    is_wanted = lambda path: path.startswith(wanted) and path.count("{") <= 2
    paths = {path: it for path, it in description["paths"].items() if is_wanted(path)}
    description["paths"] = paths | {"/me/sendMail": description["paths"]["/me/microsoft.graph.sendMail"]}
    mail = description["components"]["requestBodies"]["sendMailRequestBody"]["content"]["application/json"]["schema"]
    mail["properties"] = {name[0].lower() + name[1:]: it for name, it in mail["properties"].items()}
    order = next(it for it in paths["/me/calendarView"]["get"]["parameters"] if it.get("name") == "$orderby")
    order["schema"]["items"]["enum"].append("start/dateTime")
    merge_all_of(description)
    for schema in description["components"]["schemas"].values():
        schema["required"] = [name for name in schema.get("required", []) if name != "@odata.type"]


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


class AnyJudge:
    """Accepts what at least one judge accepts."""

    def __init__(self, *judges):
        self.judges = judges

    def refusal(self, request):
        refusals = [it.refusal(request) for it in self.judges]
        return None if None in refusals else "; ".join(refusals)


JIRA_SITE = "/ex/jira/example-cloud_id"

# the addresses are those that the dry run makes of the example values in connectors/
JUDGES = {
    "airtable": lambda: recorded("airtable", "https://api.airtable.com"),
    "asana": lambda: openapi("asana.json", "https://app.asana.com/api/1.0", merge_all_of),
    "clickup": lambda: OpenApiJudge(
        openapi_of_models(read("clickup_server.py"), read("clickup_models.py")), "https://api.clickup.com/api"
    ),
    "discord": lambda: recorded("discord", "https://discord.com"),
    "dropbox": lambda: recorded(
        "dropbox",
        "https://api.dropboxapi.com",
        "https://content.dropboxapi.com",
        types=declared("dropbox/types/dropbox_types.d.ts"),
    ),
    "github": lambda: openapi("github.json", "https://api.github.com"),
    "google-calendar": lambda: discovery("calendar.v3.json"),
    "google-drive": lambda: discovery("drive.v3.json"),
    "google-forms": lambda: discovery("forms.v1.json"),
    "google-gmail": lambda: discovery("gmail.v1.json"),
    "google-sheets": lambda: discovery("sheets.v4.json"),
    # the library calls version 3; HubSpot's public collection of descriptions has the path of 2026-09
    "hubspot": lambda: recorded("hubspot", "https://api.hubapi.com", moved=("/crm/v3/objects", "/crm/objects/2026-09")),
    "intercom": lambda: recorded("intercom", "https://api.intercom.io"),
    # the file is older than the search by tokens
    "jira": lambda: AnyJudge(
        openapi("jira.json", f"https://api.atlassian.com{JIRA_SITE}", mend_jira),
        recorded("jira", "https://api.atlassian.com", moved=("/rest/api/3", f"{JIRA_SITE}/rest/api/3")),
    ),
    "linear": lambda: GraphQLJudge(build_schema(sdl_of_types(read("linear.d.ts"))), "https://api.linear.app/graphql"),
    "microsoft-outlook": lambda: graph(),
    "microsoft-teams": lambda: graph(),
    "monday": lambda: GraphQLJudge(build_schema(sdl_of_types(read("monday.d.ts"))), "https://api.monday.com/v2"),
    "notion": lambda: openapi("notion.json", "https://api.notion.com", mend_notion),
    "pipedrive": lambda: recorded(
        "pipedrive", "https://example.test", types=declared("pipedrive/dist/versions/v2/models/*.d.ts")
    ),
    "salesforce": lambda: recorded("salesforce", "https://example.test"),
    "sendgrid": lambda: openapi("sendgrid.json", "https://api.eu.sendgrid.com/v3"),
    "shopify": lambda: GraphQLJudge(
        build_client_schema(json.loads(read("shopify.json.gz"))["data"], assume_valid=True),
        "https://my-shop.myshopify.com/admin/api/2026-07/graphql.json",
    ),
    "slack": lambda: openapi("slack.json", "https://slack.com/api"),
    "stripe": lambda: openapi("stripe.json", "https://api.stripe.com"),
    "telegram": lambda: openapi("telegram.json", "https://api.telegram.org/bot123456789:AAE-example", mend_telegram),
    "todoist": lambda: recorded(
        "todoist",
        "https://api.todoist.com",
        types=declared("@doist/todoist-sdk/dist/types/types/tasks/*.d.ts", snake_case),
    ),
    "twilio": lambda: openapi("twilio.json", "https://api.twilio.com"),
    "vercel": lambda: openapi("vercel.json", "https://api.vercel.com", mend_vercel),
    "youtube": lambda: discovery("youtube.v3.json"),
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
