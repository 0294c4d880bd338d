"""An authorizer as a site may have one: allows what a file lists, and records what it was asked and all routes."""

import json
import os
from pathlib import Path

from jupyter_server.auth import Authorizer
from tornado.routing import Router
from tornado.web import RequestHandler

FOLDER = Path(os.environ["GUARD_FOLDER"])


class Guard(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        (FOLDER / "routes.json").write_text(json.dumps(list(routes(handler.application.default_router))))
        with (FOLDER / "asked").open("a") as file:
            file.write(f"{user.username} {action} {resource}\n")
        return action in (FOLDER / "allowed").read_text().split()


def routes(router):
    """Name, pattern and methods of every handler of ours that this server really has."""
    for rule in router.rules:
        target = rule.target
        if isinstance(target, Router):
            yield from routes(target)
        elif getattr(target, "__module__", "").startswith("jupyterlab_dask_hpc"):
            methods = [name for name in target.SUPPORTED_METHODS if implements(target, name)]
            yield {"handler": target.__name__, "pattern": rule.matcher.regex.pattern, "methods": methods}


def implements(handler, method):
    return getattr(handler, method.lower()) is not RequestHandler._unimplemented_method
