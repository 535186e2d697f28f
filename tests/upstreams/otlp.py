"""A collector of OpenTelemetry: decodes what it receives with the official protocol, and shows it as JSON.

Arguments: the port, and optionally the value of the header `api-key` that each export must have.

POST /v1/traces takes an export. GET /test/spans?name=… answers once a span of that name has arrived, with all of that
name. GET /test/exports tells how each export was made.
"""

import gzip
import json
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse

port, api_key = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
arrival = threading.Condition()
spans, exports = [], []


def value_of(value):
    return getattr(value, value.WhichOneof("value"))


def attributes_of(attributes):
    return {attribute.key: value_of(attribute.value) for attribute in attributes}


def as_json(span, resource):
    return {
        "name": span.name,
        "kind": span.kind,
        "status": span.status.code,
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "attributes": attributes_of(span.attributes),
        "events": [event.name for event in span.events],
        "resource": attributes_of(resource.attributes),
    }


class Collector(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, media_type, body):
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        export = {name: self.headers[name] for name in ("Content-Type", "Content-Encoding", "api-key", "traceparent")}
        if self.path != "/v1/traces" or (api_key and self.headers["api-key"] != api_key):
            return self.answer(401, "text/plain", b"no such collector\n")
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        request = ExportTraceServiceRequest.FromString(body)
        with arrival:
            exports.append(export)
            for group in request.resource_spans:
                for scope in group.scope_spans:
                    spans.extend(as_json(span, group.resource) for span in scope.spans)
            arrival.notify_all()
        self.answer(200, "application/x-protobuf", ExportTraceServiceResponse().SerializeToString())

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        if url.path == "/test/exports":
            return self.answer(200, "application/json", json.dumps(exports).encode())
        name = urllib.parse.parse_qs(url.query)["name"][0]
        with arrival:
            arrival.wait_for(lambda: any(span["name"] == name for span in spans), timeout=25)
            found = [span for span in spans if span["name"] == name]
        self.answer(200, "application/json", json.dumps(found).encode())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", port), Collector)
print("collector listens", file=sys.stderr, flush=True)
server.serve_forever()
