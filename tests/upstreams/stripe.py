"""A local Stripe: python stripe.py PORT.

The customers are those of localstripe, which keeps them in memory here. It has no /v1/account, which Stripe has."""

import sys

from aiohttp import web
from localstripe import resources
from localstripe.server import app


def show_account(_):
    return web.json_response({"id": "acct_1Tides", "settings": {"dashboard": {"display_name": "Tides & Co"}}})


# localstripe would write all objects to a fixed file in /tmp
resources.Store.dump_to_disk = lambda _: None
app.router.add_get("/v1/account", show_account)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]))
