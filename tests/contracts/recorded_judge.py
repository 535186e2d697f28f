"""Judges a request by those that the provider's client library sends: no other method, path, name or type may occur."""

import json
from urllib.parse import parse_qsl, urlsplit


class RecordedJudge:
    def __init__(self, recorded, *hosts, moved=None, by_hand=(), types=None):
        """`moved` is (path of the library, path of today); `by_hand` are query names that the library does not offer.

        `types` are the library's declared types; a recorded request may name that of what it sends.
        """
        self.hosts = hosts
        self.by_hand = set(by_hand)
        self.types = types
        old, new = moved or ("", "")
        self.recorded = [it | {"url": it["url"].replace(old, new)} for it in recorded]

    def refusal(self, request):
        url = urlsplit(request["url"])
        host = f"{url.scheme}://{url.netloc}"
        if host not in self.hosts:
            return f"requests go to {' or '.join(self.hosts)}"
        found = [it for it in self.recorded if (it["method"], path_of(it["url"])) == (request["method"], path_of(request["url"]))]
        # a library with several hosts names them
        found = [it for it in found if it["url"].startswith(("/", f"{host}/"))]
        if not found:
            return f"the library sends no {request['method']} {request['url']}"
        known = {name for it in found for name, _ in parse_qsl(urlsplit(it["url"]).query)} | self.by_hand
        unknown = {name for name, _ in parse_qsl(url.query)} - known
        if unknown:
            return f"the library sends no query parameter {', '.join(sorted(unknown))}"
        if request["body"] is None:
            return None
        sent = arguments(request)
        if self.types:
            faults = [list(self.types.faults(it["type"], sent, "body")) for it in found]
        else:
            faults = [list(differences(json.loads(it["body"] or "null"), sent, "body")) for it in found]
        return "; ".join(min(faults, key=len)) or None


def arguments(request):
    """What a request says: its body or, beside a file, its header."""
    headers = request["headers"]
    return json.loads(headers["dropbox-api-arg"] if headers["content-type"] == "application/octet-stream" else request["body"])


def path_of(url):
    return urlsplit(url).path.rstrip("/")


def differences(recorded, sent, place):
    """Finds what is sent and not recorded. Lists are compared by their first entries."""
    if isinstance(sent, dict) and isinstance(recorded, dict):
        for name, value in sent.items():
            if name in recorded:
                yield from differences(recorded[name], value, f"{place}.{name}")
            else:
                yield f"the library sends no {place}.{name}"
    elif isinstance(sent, list) and isinstance(recorded, list):
        if sent and not recorded:
            yield f"{place} is empty in the library's request"
        for entry in sent if recorded else []:
            yield from differences(recorded[0], entry, f"{place}[]")
    elif type(sent) is not type(recorded):
        yield f"{place} is {type(recorded).__name__} in the library's request"
