"""Plays behaviours against one cluster in one state: ``python play.py ORDER ANSWERS``, both files of JSON.

The Python that runs it is the one under test. ORDER is ``{"address", "security": {...}, "folder", "logs": [folder,
pattern], "state", "workers", "tested", "names": [behaviour]}``; ANSWERS becomes ``{behaviour: {"value"}}``, or
``{"error"}``.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import cloudpickle
from distributed import Client
from distributed.security import Security

sys.path.insert(0, str(Path(__file__).parent))

import behaviours
from behaviours import BEHAVIOURS, Behaviour, Context
from behaviours.registry import KILLED, RESTARTED, WorkersGone

PLAY_TIMEOUT_S = 400.0
"""Seconds that one behaviour may take."""
TOO_LONG = "it took longer than"


def bring_about(client: Client, context: Context) -> None:
    """Bring the cluster into its state; scaling is the suite's."""
    before = context.complete()
    if context.state == RESTARTED:
        client.restart(timeout=120)
        context.complete(list(before.values()))
    elif context.state == KILLED:
        kill_workers(client, context)


def kill_workers(client: Client, context: Context) -> None:
    """Kill all workers, and return once their nannies have started others."""
    before = context.complete()

    def die() -> None:
        import os
        import signal
        import threading

        # After the answer, which else would not come.
        threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGKILL]).start()

    client.run(die)
    context.complete(list(before.values()))


def play(behaviour: Behaviour, client: Client, context: Context) -> Any:
    """What it gives, or why it gives nothing."""
    answer: dict[str, Any] = {"error": f"{TOO_LONG} {PLAY_TIMEOUT_S:.0f} s"}

    def run() -> None:
        try:
            answer.update(value=json.loads(json.dumps(behaviour.play(client, context))))
            del answer["error"]
        except Exception as error:
            answer["error"] = f"{type(error).__name__}: {error}"
            answer["where"] = traceback.format_exc()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PLAY_TIMEOUT_S)
    return answer


def main(order: dict[str, Any]) -> dict[str, Any]:
    """Answers by behaviour."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == behaviours.__name__:
            cloudpickle.register_pickle_by_value(module)
    chosen = [one for name, one in BEHAVIOURS.items() if name in order["names"]]
    security = Security(require_encryption=True, **order["security"]) if order["security"] else None
    folder = Path(order["folder"])
    answers: dict[str, Any] = {}
    gone = ""
    with Client(order["address"], security=security, timeout=120) as client:
        context = Context(client, folder, folder, order["state"], order["workers"], order["tested"])
        context.logs = (Path(order["logs"][0]), order["logs"][1])
        try:
            bring_about(client, context)
        except Exception as error:
            gone = f"the state {context.state} could not be reached: {error}"
        last = "the beginning"
        for behaviour in chosen:
            began = time.monotonic()
            if not gone:
                try:
                    context.complete()
                except WorkersGone as error:
                    gone = f"not played, since {error}, after {last}"
            if gone:
                answers[behaviour.name] = {"error": gone}
                continue
            context.folder = folder / f"{context.state}-{behaviour.name}"
            context.folder.mkdir(mode=0o777)
            answers[behaviour.name] = {**play(behaviour, client, context), "seconds": time.monotonic() - began}
            last = behaviour.name
            if answers[last].get("error", "").startswith(TOO_LONG):
                try:
                    kill_workers(client, context)  # else its task would hold up those that follow
                except Exception as error:
                    gone = f"not played, since {error}, after {last}"
    return answers


if __name__ == "__main__":
    given, answers_file = map(Path, sys.argv[1:])
    answers = main(json.loads(given.read_text()))
    answers_file.write_text(json.dumps(answers))
    sys.stdout.flush()
    # Whatever hangs in a thread of this client is not waited for.
    import os

    os._exit(0)
