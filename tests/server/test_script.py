"""A script that runs in a cluster and ends it, on local processes: its ends, good and bad."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from IPython.core.interactiveshell import InteractiveShell
from support.polling import until
from support.server import Json, Server, has_ended, reason_of

from dask_hpc import RequestRefused, run_script
from dask_hpc.magic import register

QUICK = {"watch_interval": 0.2, "script_check": 0.5}
SUM = """
import os, sys, subprocess
from distributed import Client, default_client

with Client() as client:
    print("sum", client.submit(sum, [20, 22]).result())
child = "from distributed import Client; print('child', Client().submit(sum, [1, 2]).result())"
subprocess.run([sys.executable, "-c", child], check=True)
print(os.getcwd(), sys.path[0], sys.argv, __name__, sys.stdin.read() == "")
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A notebook server whose clusters are local processes."""
    with tempfile.TemporaryDirectory(prefix="script-") as place:
        started = Server(Path(place, "one"), Path(place, "home"), [], {})
        started.options = ["--DaskHpc.profiles=local"]
        started.job_limits.update(QUICK)
        with started:
            yield started


def run(server: Server, folder: Path, text: str, name: str = "script.py", **request: Any) -> Json:
    """Launch a script with this text."""
    (folder / name).write_text(text)
    workers = {"jobs": request.pop("jobs", 0)}
    script = f"{folder.name}/{name}"
    return server.launch(profile="local", script=script, workspace=folder.name, workers=workers, **request)


def ended(server: Server, folder: Path, text: str, **request: Any) -> Json:
    """Launch a script, and wait until nothing of its cluster is left."""
    return server.until(run(server, folder, text, **request)["id"], has_ended)


def output(server: Server, cluster: Json) -> str:
    """What it has printed, as the viewer reads it."""
    return server.ask("GET", f"clusters/{cluster['id']}/logs/{cluster['script']['log']}").body.decode()


def processes(cluster: Json) -> list[psutil.Process]:
    """What lives of the jobs of a cluster."""
    mark = {f"JUPYTERLAB_DASK_HPC_JOB_ID={cluster['scheduler']['job']}"}
    found = []
    for process in psutil.process_iter():
        try:
            environment = {f"{name}={value}" for name, value in process.environ().items()}
            if environment >= mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_a_script_computes_on_its_cluster_and_ends_it(server: Server, folder: Path) -> None:
    beside = folder / "scripts"
    beside.mkdir()
    cluster = ended(server, folder, SUM, name="scripts/sum.py", jobs=1)
    assert (cluster["state"], reason_of(cluster)) == ("closed", "The script has ended.")
    script = cluster["script"]
    assert (script["path"], script["state"], script["exit_code"]) == (f"{folder.name}/scripts/sum.py", "ended", 0)
    place = f"{folder} {beside} ['{beside}/sum.py'] __main__ True"
    assert script["lines"] == ["sum 42", "child 3", place]
    assert output(server, cluster).splitlines() == script["lines"]
    logs = {log["file"]: log for log in server.call("GET", f"clusters/{cluster['id']}/logs")["logs"]}
    assert (logs[script["log"]]["role"], logs[script["log"]]["state"]) == ("script", "ended")
    assert not list((server.state / "clusters" / cluster["id"]).glob("*-key.pem"))


@pytest.mark.parametrize(
    ("text", "code", "last"),
    [
        ("import sys; print('before'); sys.exit(3)", 3, "before"),
        ("raise ValueError('no such data')", 1, "ValueError: no such data"),
        ("exec('this is no Python')", 1, "SyntaxError: invalid syntax"),
    ],
)
def test_a_script_that_fails_fails_its_cluster(server: Server, folder: Path, text: str, code: int, last: str) -> None:
    cluster = ended(server, folder, text)
    assert (cluster["state"], reason_of(cluster)) == ("failed", f"The script ended with exit code {code}.")
    assert (cluster["script"]["exit_code"], cluster["script"]["lines"][-1]) == (code, last)


def test_a_script_that_loops_for_ever_is_stopped_with_all_its_children(server: Server, folder: Path) -> None:
    """Also one that does not listen, and a child in a session of its own."""
    text = f"""
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(900)"], start_new_session=True)
open({str(folder / "began")!r}, "w")
while True: time.sleep(0.01)
"""
    id = run(server, folder, text, jobs=1)["id"]
    until((folder / "began").exists, "the script's start")
    cluster = server.cluster(id)
    assert cluster["script"]["state"] == "running"
    assert len(processes(cluster)) >= 3
    stopped = server.end(id)
    assert (stopped["state"], reason_of(stopped)) == ("closed", "Stopped.")
    assert stopped["script"]["state"] == "ended"
    until(lambda: not processes(cluster), "the end of its processes")


def test_a_script_that_is_killed_fails_its_cluster(server: Server, folder: Path) -> None:
    cluster = ended(server, folder, "import os, signal; print('mine'); os.kill(os.getpid(), signal.SIGKILL)")
    assert cluster["state"] == "failed"
    assert reason_of(cluster).startswith("The script was ended by SIGKILL. Often its job ran out of memory")
    assert (cluster["script"]["signal"], cluster["script"]["lines"]) == ("SIGKILL", ["mine"])


def test_a_script_that_shuts_its_cluster_down_has_ended_by_itself(server: Server, folder: Path) -> None:
    cluster = ended(server, folder, "from distributed import Client; Client().shutdown(); print('done')")
    assert (cluster["state"], reason_of(cluster)) == ("closed", "The script has ended.")
    assert (cluster["script"]["exit_code"], cluster["script"]["lines"]) == (0, ["done"])


def test_a_script_that_prints_without_end_costs_no_memory(server: Server, folder: Path) -> None:
    """1 GB here: the last lines are read from the end of the file."""
    text = "line = 'x' * 1023\nfor _ in range(2**20): print(line)\nprint('last')"
    cluster = ended(server, folder, text)
    assert cluster["state"] == "closed"
    assert cluster["script"]["lines"][-2:] == ["x" * 300, "last"]
    log = folder / "log" / cluster["script"]["log"]
    assert log.stat().st_size == 2**30 + 5
    assert psutil.Process(server.pid).memory_info().rss < 2**28
    log.unlink()


def test_a_script_outlives_its_server_and_log_out(server: Server, folder: Path) -> None:
    """Killed, started again, stopped: the script runs on, and the next server shows how it ended meanwhile."""
    text = f"import os, time\nwhile not os.path.exists({str(folder / 'go')!r}): time.sleep(0.1)\nprint('went')"
    id = run(server, folder, text, jobs=1)["id"]
    other = server.launch(profile="local", workspace=folder.name)["id"]
    for each in (id, other):
        server.until(each, lambda seen: seen["state"] == "running")
    page = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    server.ask("GET", "/logout", headers=page)
    assert reason_of(server.until(other, has_ended)) == "You logged out."
    assert server.cluster(id)["state"] == "running"
    server.kill()
    server.start()
    server.until(id, lambda seen: seen["state"] == "running" and seen["workers"]["connected"] == 1)
    server.stop()
    (folder / "go").touch()
    until((server.state / "clusters" / id / "script.ended").exists, "the script's end")
    server.start()
    cluster = server.until(id, has_ended)
    assert (cluster["state"], reason_of(cluster)) == ("closed", "The script has ended.")
    assert cluster["script"]["lines"] == ["went"]
    until(lambda: not processes(cluster), "the end of its processes")
    server.kill()
    server.start()
    assert server.cluster(id)["script"] == cluster["script"]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("none.py", "The script none.py cannot be read: no such file or directory."),
        ("none/none.py", "There is no folder 'none'."),
        ("../out.py", "The workspace has to lie below the folder that JupyterLab shows."),
        ("data.csv", "A script ends in .py or .ipynb."),
        ("folder.py", "folder.py is no file."),
        ("pipe.py", "pipe.py is no file."),
        ("wrong.py", "Line 2 of wrong.py is no Python: invalid syntax."),
        ("binary.py", "binary.py is no Python: source code string cannot contain null bytes."),
        ("wrong.ipynb", "wrong.ipynb is no notebook: Expecting value: line 1 column 1 (char 0)."),
        ("list.ipynb", "list.ipynb is no notebook: 'list' object has no attribute 'get'."),
        ("r.ipynb", "r.ipynb is a notebook for r. Only Python can run here."),
        ("colab.ipynb", "colab.ipynb is a notebook for julia. Only Python can run here."),
        (5, "This has to be text."),
    ],
)
def test_a_script_that_cannot_run_is_refused_at_its_field(server: Server, script: Any, message: str) -> None:
    (server.root / "wrong.py").write_text("print(1)\nthis is no Python\n")
    (server.root / "binary.py").write_bytes(b"print(1)\0")
    (server.root / "wrong.ipynb").write_text("print(1)")
    (server.root / "list.ipynb").write_text("[]")
    described = {"kernelspec": {"name": "julia"}, "language_info": {"name": "julia"}}
    (server.root / "colab.ipynb").write_text(json.dumps({"cells": [], "metadata": described}))
    (server.root / "r.ipynb").write_text(json.dumps({"cells": [], "metadata": {"kernelspec": {"language": "R"}}}))
    (server.root / "folder.py").mkdir(exist_ok=True)
    if not (server.root / "pipe.py").exists():
        os.mkfifo(server.root / "pipe.py")
    answer = server.ask("POST", "clusters", {"profile": "local", "script": script})
    assert (answer.status, answer.json["field"], answer.json["message"]) == (400, "script", message)


def notebook(*cells: str) -> str:
    """A notebook with these cells, for a kernel that the environment of the cluster does not have."""
    made = [
        {"cell_type": "code", "source": cell, "metadata": {}, "outputs": [], "execution_count": None} for cell in cells
    ]
    metadata = {"kernelspec": {"name": "my-own", "display_name": "Mine", "language": "python"}}
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4})


def executed(folder: Path, cluster: Json) -> list[list[Json]]:
    """The outputs of the cells of its copy."""
    cells = json.loads((folder / "log" / cluster["script"]["notebook"]).read_text())["cells"]
    return [cell["outputs"] for cell in cells]


def test_a_notebook_is_executed_into_a_copy(server: Server, folder: Path) -> None:
    (folder / "beside.py").write_text("value = 40")
    text = notebook(
        "from distributed import Client\nimport os, sys, beside\nclient = Client()",
        "print(client.submit(sum, [beside.value, 2]).result(), os.getcwd())",
        "sys.prefix",
    )
    cluster = ended(server, folder, text, name="fit.ipynb", jobs=1)
    assert (cluster["state"], reason_of(cluster)) == ("closed", "The script has ended.")
    assert cluster["script"]["lines"][-1] == f"42 {folder}"
    assert (folder / "fit.ipynb").read_text() == text
    [_, [printed], [shown]] = executed(folder, cluster)
    assert printed["text"] == f"42 {folder}\n" or printed["text"] == [f"42 {folder}\n"]
    assert sys.prefix in str(shown["data"])


@pytest.mark.parametrize(
    ("cell", "code", "last"),
    [("raise ValueError('no such data')", 1, "ValueError: no such data"), ("sys.exit(3)", 3, "SystemExit: 3")],
)
def test_a_notebook_that_fails_fails_its_cluster(server: Server, folder: Path, cell: str, code: int, last: str) -> None:
    cluster = ended(server, folder, notebook("import sys; print('first')", cell, "print('never')"), name="fit.ipynb")
    assert (cluster["state"], reason_of(cluster)) == ("failed", f"The script ended with exit code {code}.")
    assert cluster["script"]["lines"][-1] == last
    assert "first" in output(server, cluster).splitlines()
    first, failing, never = executed(folder, cluster)
    assert ("first" in str(first), "error" in {each["output_type"] for each in failing}, never) == (True, True, [])


def test_a_notebook_needs_packages_that_are_named_before_anything_is_submitted(
    server: Server, folder: Path, tmp_path: Path
) -> None:
    """An environment that has distributed and nothing for notebooks."""
    venv.create(tmp_path / "bare", symlinks=True, with_pip=False)
    [packages] = (tmp_path / "bare" / "lib").glob("python*/site-packages")
    hidden = "class Hidden:\n    def find_spec(self, name, path=None, target=None):\n"
    hidden += "        if name in ('nbclient', 'ipykernel'): raise ModuleNotFoundError(name)\n"
    (packages / "hidden.py").write_text(f"import sys\n{hidden}sys.meta_path.insert(0, Hidden())")
    own = next(path for path in sys.path if path.endswith("site-packages"))
    (packages / "own.pth").write_text(f"{own}\n")
    (folder / "fit.ipynb").write_text(notebook("1"))
    body = {"profile": "local", "script": f"{folder.name}/fit.ipynb", "python_environment": str(tmp_path / "bare")}
    assert server.ask("POST", "clusters", {**body, "script": ""}).status == 201
    (packages / "own.pth").write_text(f"{own}\nimport hidden\n")
    answer = server.ask("POST", "clusters", body)
    assert (answer.status, answer.json["field"]) == (400, "script")
    assert " has no nbclient or papermill and ipykernel, which a notebook needs." in answer.json["message"]


def test_a_script_that_sleeps_is_idle_and_one_that_computes_is_not(server: Server, folder: Path) -> None:
    """The shortest idle time-out is a minute; the busy one computes for longer, with pauses, in a child process."""
    work = "import time\\nend = time.time() + 75\\nwhile time.time() < end: sum(range(10**6)); time.sleep(0.1)"
    busy = f"import subprocess, sys\ncode = '{work}'\n"
    busy += "subprocess.run([sys.executable, '-c', code]); print('done')"
    sleeps = "import time; from distributed import Client; client = Client(); print('sleeps'); time.sleep(900)"
    first = run(server, folder, busy, name="busy.py", idle_timeout="60s")["id"]
    second = ended(server, folder, sleeps, name="sleeps.py", idle_timeout="60s")
    assert second["state"] == "closed"
    assert reason_of(second).startswith("Nothing was computed for 1 min")
    assert second["script"]["lines"] == ["sleeps"]
    cluster = server.until(first, has_ended)
    assert (cluster["state"], cluster["script"]["lines"]) == ("closed", ["done"])


def test_a_kernel_runs_a_script(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From Python and from the magic; the path is that of the kernel's folder."""
    monkeypatch.setenv("JUPYTERLAB_DASK_HPC_SERVER", str(server.credentials_file))
    monkeypatch.chdir(folder)
    (folder / "fit.py").write_text("print('fitted')")
    assert run_script("fit.py", "first", workers=0) == "first"
    shell = InteractiveShell.instance()
    register(shell)
    shell.run_line_magic("dask_cluster", "second --run fit.py --workers 0")
    assert capsys.readouterr().out.startswith("fit.py runs on the cluster second, which ends with it.")
    for name in ("first", "second"):
        [id] = [cluster["id"] for cluster in server.clusters() if cluster["name"] == name]
        cluster = server.until(id, has_ended)
        assert (cluster["state"], cluster["script"]["path"]) == ("closed", f"{folder.name}/fit.py")
        assert cluster["script"]["lines"] == ["fitted"]
    with pytest.raises(RequestRefused) as caught:
        run_script("none.py")
    assert caught.value.field == "script"
