"""The displays of ``%dask_cluster``: a line while it waits, then a card. Pure."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from html import escape

from .messages import Message
from .sentences import STATES, Json, running
from .units import read_memory, whole_jobs

# The buttons are command links of JupyterLab, so that no address with a key is saved in the notebook.
_LINKS = (
    (Message("card.dashboard"), "dask-hpc:open-dashboard"),
    (Message("card.status"), "dask-hpc:open-status"),
    (Message("card.logs"), "dask-hpc:open-logs"),
)

_PLACE = "\ufffc"
"""Stands in a text for a piece of HTML."""

_STYLE = """
.dask-hpc-card { box-sizing: border-box; max-width: 640px; border: 1px solid var(--jp-border-color1, #bdbdbd);
  border-radius: var(--jp-border-radius, 2px); padding: 10px 12px; color: var(--jp-ui-font-color1, currentcolor);
  font: 13px/18px var(--jp-ui-font-family, sans-serif); font-variant-numeric: tabular-nums; }
.dask-hpc-head { display: flex; flex-wrap: wrap; align-items: center; gap: 0 8px; }
.dask-hpc-head > svg { width: 16px; height: 16px; flex: none; }
.dask-hpc-use { color: var(--jp-ui-font-color2, #616161); font-size: 12px; flex: 1 1 auto; }
.dask-hpc-code { font-family: var(--jp-code-font-family, monospace); }
.dask-hpc-card button { border: 0; background: none; padding: 3px 0; margin-left: 8px; font: inherit; font-size: 12px;
  cursor: pointer; text-decoration: underline; color: var(--jp-content-link-color, #0b57d0); }
.dask-hpc-card button:focus-visible { outline: 2px solid var(--jp-focus-outline-color, currentcolor); }
.dask-hpc-run {
  --dask-hpc-run: color-mix(in srgb, var(--jp-brand-color1, #1976d2) 82%, var(--jp-layout-color0, #fff)); }
.dask-hpc-bar { height: 8px; margin: 8px 0 10px 24px; box-sizing: border-box; overflow: hidden;
  border: 1px solid var(--jp-layout-color4, #757575); }
.dask-hpc-bar > div { height: 100%; background: var(--dask-hpc-run); }
.dask-hpc-bar.dask-hpc-full { border-color: var(--dask-hpc-run); }
.dask-hpc-facts { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 4px 24px; margin-left: 24px; }
.dask-hpc-facts span { display: block; font-size: 11px; line-height: 15px; color: var(--jp-ui-font-color2, #616161); }
"""

_CHECK = (
    '<svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="7" fill="var(--dask-hpc-run)"/>'
    '<path d="M4.5 8.2l2.4 2.4 4.6-4.8" fill="none" stroke="var(--jp-layout-color0, #fff)" stroke-width="1.6"/></svg>'
)


class Waiting:
    """The number of running workers as one line; in a notebook also as a bar."""

    def __init__(self, cluster: Json, text: str) -> None:
        self.text = text
        self.running, self.requested = cluster["workers"]["running"], cluster["workers"]["requested"]

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        share = 100 * min(1, self.running / max(1, self.requested))
        return (
            f'<style>{_STYLE}</style><div class="dask-hpc-card dask-hpc-run" role="status">'
            f"<div>{escape(self.text)}</div>"
            f'<div class="dask-hpc-bar" role="progressbar" aria-valuemin="0" aria-valuemax="{self.requested}" '
            f'aria-valuenow="{self.running}"><div style="width: {share:.1f}%"></div></div></div>'
        )


class Card:
    """A cluster at the time of the display.

    Args:
        cluster: the Cluster of docs/contract.md.
        now: that time; for tests.
        client: the variable that holds its client; empty if it is not connected.
    """

    def __init__(self, cluster: Json, now: datetime | None = None, client: str = "client") -> None:
        self.client = client
        workers, request = cluster["workers"], cluster["request"]["workers"]
        self.cluster = cluster
        self.running, self.requested = int(workers["running"]), int(workers["requested"])
        # Memory and CPUs are those of a job; a server of an earlier version has one worker in each.
        jobs = whole_jobs(self.requested, int(request.get("processes", 1)))
        self.facts = (
            (str(Message("card.workers")), str(running(cluster))),
            (str(Message("card.memory")), total_memory(request["memory"], jobs)),
            (str(Message("card.cpus")), f"{jobs * int(request['cpus']):,}"),
            (str(Message("card.time-left")), time_left(cluster.get("ends"), now or datetime.now(timezone.utc))),
        )

    def __repr__(self) -> str:
        facts = ", ".join(f"{name.lower()} {value}" for name, value in self.facts[1:])
        name = self.cluster["name"]
        title = (
            f"{Message('card.connected', name=name)}, {Message('card.use', client=self.client)}"
            if self.client
            else name
        )
        return f"{title}: {self.facts[0][1]}, {facts}"

    def _repr_html_(self) -> str:
        arguments = escape(json.dumps({"id": self.cluster["id"]}))
        links = "".join(
            f'<button type="button" data-commandlinker-command="{command}" data-commandlinker-args="{arguments}">'
            f"{escape(str(label))}</button>"
            for label, command in _LINKS
        )
        facts = "".join(f"<div><span>{escape(name)}</span>{escape(value)}</div>" for name, value in self.facts)
        share = 100 * min(1, self.running / self.requested) if self.requested else 0
        full = " dask-hpc-full" if share >= 100 else ""
        name = str(self.cluster["name"])
        title, use = Message("card.cluster", name=name), escape(str(STATES[self.cluster["state"]]))
        if self.client:
            title = Message("card.connected", name=name)
            code = f'<span class="dask-hpc-code">{escape(self.client)}</span>'
            use = escape(str(Message("card.use", client=_PLACE))).replace(_PLACE, code)
        return (
            f'<style>{_STYLE}</style><div class="dask-hpc-card dask-hpc-run"><div class="dask-hpc-head">{_CHECK}'
            f'<strong>{escape(str(title))}</strong><span class="dask-hpc-use">{use}</span>'
            f"<span>{links}</span></div>"
            f'<div class="dask-hpc-bar{full}" role="progressbar" aria-valuemin="0" aria-valuemax="{self.requested}" '
            f'aria-valuenow="{self.running}" aria-valuetext="{self.facts[0][1]}">'
            f'<div style="width: {share:.1f}%"></div></div><div class="dask-hpc-facts">{facts}</div></div>'
        )


def total_memory(each: str, count: int) -> str:
    """``12 GB`` for four times ``3G``, as in the panel: 1 GB is 1024 MB, but 1,000 GB are 1 TB."""
    gigabytes = read_memory(each) * count / 2**30
    if gigabytes >= 1000:
        return f"{_figure(gigabytes / 1000)} TB"
    return f"{_figure(gigabytes)} GB" if gigabytes >= 1 else f"{_figure(gigabytes * 1024)} MB"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 9.95 or value == int(value) else f"{value:.1f}"


def time_left(ends: str | None, now: datetime) -> str:
    """``1 h 55 min, until 16:29`` in this machine's time zone; a dash if it is not known."""
    if not ends:
        return "–"
    end = datetime.fromisoformat(ends.replace("Z", "+00:00"))
    minutes = max(0, int((end - now).total_seconds() // 60))
    return str(Message("card.until", left=minutes * 60, time=f"{end.astimezone():%H:%M}"))
