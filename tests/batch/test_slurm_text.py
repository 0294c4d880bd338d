"""Reading and writing Slurm's texts; the texts were recorded from a real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.job_refs import refs, written

from jupyterlab_dask_hpc.batch.base import BatchSilent, JobOptions
from jupyterlab_dask_hpc.batch.jobs import Cause, Job, JobState, Outcome
from jupyterlab_dask_hpc.batch.slurm import header as slurm_header
from jupyterlab_dask_hpc.batch.slurm import text as slurm_text
from jupyterlab_dask_hpc.batch.slurm.options import SlurmOptions
from jupyterlab_dask_hpc.batch.slurm.states import ending, state_of

RECORDED = Path(__file__).parent.parent / "recorded" / "slurm"


def recorded(name: str) -> str:
    return (RECORDED / name).read_text()


def by_id(jobs: tuple[Job, ...]) -> dict[str, Job]:
    return {written(job): job for job in jobs}


def test_squeue() -> None:
    jobs = by_id(slurm_text.parse_squeue(recorded("squeue.txt"), []))
    assert len(jobs) == 21
    assert jobs["54_0"] == Job(
        submission="54",
        index=0,
        name='odd | "name"; \x1fhere',
        state=JobState.RUNNING,
        native_state="RUNNING",
        node="n0",
        elapsed=7,
        start=1795259305.0,
        end=1795352905.0,
    )
    assert (jobs["54_3"].state, jobs["54_3"].reason, jobs["54_3"].start) == (
        JobState.PENDING,
        "JobArrayTaskLimit",
        None,
    )
    assert (jobs["57_9"].reason, jobs["57_9"].start) == ("BeginTime", 1795262904.0)
    assert (jobs["55"].index, jobs["55"].state, jobs["55"].reason) == (None, JobState.FAILED, "NonZeroExitCode")
    assert (jobs["59"].native_state, jobs["59"].state, jobs["59"].node) == ("NODE_FAIL", JobState.FAILED, "n3")


def test_a_line_break_in_a_foreign_jobs_name_does_not_end_the_view() -> None:
    text = recorded("squeue.txt").replace("later\x1d", "la\nter\x1d", 1)
    jobs = by_id(slurm_text.parse_squeue(text, []))
    assert len(jobs) == 21
    assert jobs["57_0"].name == "la\nter"


@pytest.mark.parametrize(
    "text",
    [
        "slurm_load_jobs error: Unable to contact slurm controller (connect failure)",
        recorded("unreachable.txt"),
        "<html>502 Bad Gateway</html>",
        recorded("squeue.txt")[:200],
        "\x1e54_0\x1f54",
        "\x1enonsense\x1f54\x1f3\x1fPENDING\x1f\x1f\x1f0:00\x1fN/A\x1fN/A\x1fn\n",
    ],
)
def test_what_is_no_answer_is_never_an_empty_queue(text: str) -> None:
    with pytest.raises(BatchSilent):
        slurm_text.parse_squeue(text, [])


HEADINGS, *RECORDS = recorded("squeue.txt").split("\x1d\n")[:-1]


def test_an_empty_queue_needs_squeues_heading() -> None:
    assert slurm_text.parse_squeue(f"{HEADINGS}\x1d\n", []) == ()
    with pytest.raises(BatchSilent):
        slurm_text.parse_squeue("", [])


BANNER = "Site message: maintenance on Monday\n"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param(BANNER + recorded("squeue.txt"), 21, id="before"),
        pytest.param(recorded("squeue.txt") + BANNER, 21, id="after"),
        pytest.param(
            recorded("squeue.txt").replace(f"{RECORDS[3]}\x1d\n", f"{RECORDS[3]}\x1d\n{BANNER}"), 21, id="between"
        ),
        pytest.param(recorded("squeue.txt").replace(RECORDS[3], RECORDS[3][:20] + BANNER), 20, id="within a line"),
        pytest.param(BANNER + HEADINGS + "\x1d\n", 0, id="no job"),
    ],
)
def test_what_a_wrapper_prints_around_is_left_out(text: str, count: int) -> None:
    strays: list[str] = []
    jobs = slurm_text.parse_squeue(text, strays)
    assert len(jobs) == count
    assert not any("Site message" in job.name for job in jobs)
    assert any("Site message" in stray for stray in strays)


@pytest.mark.parametrize("more", ["", BANNER])
def test_half_an_answer_is_none(more: str) -> None:
    whole = recorded("squeue.txt")
    with pytest.raises(BatchSilent):
        slurm_text.parse_squeue(whole[: whole.rindex("\x1e") + 30] + more, [])


def test_jobs_of_another_cluster_carry_its_name() -> None:
    """As ``squeue -M q`` prints them, with a line of its own before."""
    strays: list[str] = []
    jobs = by_id(slurm_text.parse_squeue(f"CLUSTER: q\n{recorded('squeue.txt')}", strays, "q"))
    assert (jobs["q:54_3"].submission, jobs["q:54_3"].index, jobs["q:55"].submission) == ("q:54", 3, "q:55")
    assert strays == []


def test_scontrol_gives_exits_and_single_tasks() -> None:
    jobs = by_id(slurm_text.parse_scontrol(recorded("scontrol.txt")))
    assert {id for id in jobs if id.startswith("54")} == {f"54_{task}" for task in range(6)}
    assert {id for id in jobs if id.startswith("57")} == {f"57_{task}" for task in range(10)}
    assert (jobs["55"].exit_code, jobs["55"].signal, jobs["55"].outcome) == (3, None, Outcome.FAILED)
    assert (jobs["55"].reason, jobs["55"].native_state) == ("NonZeroExitCode", "FAILED")
    assert (jobs["58"].outcome, jobs["58"].cause) == (Outcome.LAUNCH_FAILED, Cause.LOG_UNWRITABLE)
    assert (jobs["58"].exit_code, jobs["58"].signal, jobs["58"].node) == (None, None, "n0")
    assert (jobs["59"].native_state, jobs["59"].state, jobs["59"].reason) == ("NODE_FAIL", JobState.FAILED, "NodeDown")
    running = jobs["54_1"]
    assert (running.state, running.submission, running.index, running.outcome) == (JobState.RUNNING, "54", 1, None)
    assert (running.elapsed, running.node) == (7, "n0")
    assert running.name.startswith('odd | "name"')


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("PENDING", "pending"), ("CONFIGURING", "pending"), ("REQUEUED", "pending"), ("RUNNING", "running"),
        ("SUSPENDED", "running"), ("COMPLETING", "ending"), ("COMPLETED", "ended"), ("CANCELLED", "ended"),
        ("FAILED", "failed"), ("TIMEOUT", "failed"), ("OUT_OF_MEMORY", "failed"), ("NODE_FAIL", "failed"),
        ("A_NEW_WORD", "pending"),
    ],
)  # fmt: skip
def test_states(word: str, state: str) -> None:
    assert state_of(word) == JobState(state)


@pytest.mark.parametrize(
    ("word", "reason", "exit", "outcome", "cause"),
    [
        ("PENDING", "Priority", "0:0", None, None),
        ("RUNNING", "", "0:0", None, None),
        ("COMPLETED", "", "0:0", Outcome.COMPLETED, None),
        ("FAILED", "NonZeroExitCode", "", Outcome.FAILED, None),
        ("FAILED", "", "0:53", Outcome.LAUNCH_FAILED, Cause.LOG_UNWRITABLE),
        ("FAILED", "BadConstraints", "", Outcome.LAUNCH_FAILED, Cause.NOT_ACCEPTED),
        ("BOOT_FAIL", "", "", Outcome.LAUNCH_FAILED, Cause.NODE_NOT_STARTED),
        ("LAUNCH_FAILED", "", "", Outcome.LAUNCH_FAILED, None),
        ("DEADLINE", "", "", Outcome.FAILED, Cause.DEADLINE),
        ("TIMEOUT", "TimeLimit", "0:0", Outcome.TIME_LIMIT, None),
        ("OUT_OF_MEMORY", "", "0:125", Outcome.OUT_OF_MEMORY, None),
        ("NODE_FAIL", "", "1:0", Outcome.NODE_FAILED, None),
        ("PREEMPTED", "", "0:0", Outcome.PREEMPTED, None),
        ("CANCELLED", "", "0:15", Outcome.CANCELLED, None),
        ("REVOKED", "", "0:0", Outcome.UNKNOWN, None),
    ],
)
def test_outcomes(word: str, reason: str, exit: str, outcome: Outcome | None, cause: Cause | None) -> None:
    shown = ending(word, reason, exit)
    assert (shown["outcome"], shown["cause"]) == (outcome, cause)


def test_of_exit_code_and_signal_one_is_set() -> None:
    killed = ending("FAILED", "", "0:9")
    assert (killed["exit_code"], killed["signal"]) == (None, 9)
    unknown = ending("FAILED", "NonZeroExitCode", "")
    assert (unknown["exit_code"], unknown["signal"]) == (None, None)


@pytest.mark.parametrize(
    ("text", "seconds"), [("0:07", 7), ("1:02:03", 3723), ("2-01:00:00", 176400), ("INVALID", 0), ("", 0)]
)
def test_elapsed(text: str, seconds: int) -> None:
    assert slurm_text.parse_elapsed(text) == seconds


@pytest.mark.parametrize(
    ("text", "tasks"), [("3", [3]), ("0-2,7", [0, 1, 2, 7]), ("3-5%3", [3, 4, 5]), ("0-6:3", [0, 3, 6])]
)
def test_tasks(text: str, tasks: list[int]) -> None:
    assert slurm_text.parse_tasks(text) == tasks


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("4815161\n", "4815161"),
        ("4815161;q\n", "q:4815161"),
        ("The site's own greeting\n4815161\n", "4815161"),
        ("4815161\nHours left in your project: 4972\n", "4815161"),
        ("Job 12 of 50 today\n4815161\n4815161\nBudget: 4972;5000\n", "4815161"),
        ("  4815161  \r\nsbatch: done", "4815161"),
    ],
)
def test_an_id_is_a_line_that_is_nothing_else(text: str, id: str) -> None:
    assert slurm_text.parse_sbatch(text) == id


@pytest.mark.parametrize(
    "text",
    ["", "Submitted batch job", "error 12 jobs", "Submitted batch job 4815161", "4815161\n4972\n", "4815161 4972"],
)
def test_no_id_or_two_are_no_answer(text: str) -> None:
    with pytest.raises(BatchSilent):
        slurm_text.parse_sbatch(text)


def test_sacct() -> None:
    """Jobs that slurmctld has long forgotten, by all the ways in which a job ends."""
    jobs = {written(job): job for job in slurm_text.parse_sacct(recorded("sacct.txt"))}
    assert {id: (job.outcome, job.state.value, job.exit_code, job.signal) for id, job in jobs.items()} == {
        "1": (Outcome.FAILED, "failed", 3, None),
        "5": (Outcome.NODE_FAILED, "failed", 0, None),
        "6": (Outcome.FAILED, "failed", None, 9),
        "7": (Outcome.COMPLETED, "ended", 0, None),
        "8": (Outcome.TIME_LIMIT, "failed", 0, None),
        "9": (Outcome.COMPLETED, "ended", 0, None),
        "2_0": (Outcome.COMPLETED, "ended", 0, None),
        "2_1": (Outcome.FAILED, "failed", 1, None),
        "2_2": (Outcome.FAILED, "failed", 2, None),
        "3_0": (Outcome.CANCELLED, "ended", 0, None),
        "3_1": (Outcome.CANCELLED, "ended", 0, None),
        # Cancelled before they started, they stand in one line.
        **{f"4_{task}": (Outcome.CANCELLED, "ended", 0, None) for task in range(5)},
    }
    assert (jobs["8"].node, jobs["8"].elapsed, jobs["8"].start) == ("n0", 89, 1795276434.0)
    assert (jobs["4_3"].submission, jobs["4_3"].index, jobs["4_3"].node) == ("4", 3, "")


def test_sacct_with_a_separator_in_a_name() -> None:
    row = "\x1f".join(slurm_text.SACCT_FIELDS) + "\n"
    row += "\x1f".join(["8_3", "OUT_OF_MEMORY", "0:125", "n2", "3", "100", "103", "OutOfMemory", "a\x1fb"])
    [job] = slurm_text.parse_sacct(row)
    assert (written(job), job.native_state, job.name) == ("8_3", "OUT_OF_MEMORY", "a\x1fb")
    assert (job.outcome, job.exit_code, job.signal) == (Outcome.OUT_OF_MEMORY, None, None)


@pytest.mark.parametrize("text", ["", BANNER, "\n".join(recorded("sacct.txt").splitlines()[1:])])
def test_without_its_headings_sacct_has_not_answered(text: str) -> None:
    with pytest.raises(BatchSilent):
        slurm_text.parse_sacct(text)


def test_what_a_wrapper_prints_around_sacct_is_left_out() -> None:
    assert slurm_text.parse_sacct(BANNER + recorded("sacct.txt") + BANNER) == slurm_text.parse_sacct(
        recorded("sacct.txt")
    )


@pytest.mark.parametrize(
    ("text", "largest"),
    [
        ("MaxArraySize            = 1001\nSchedulerParameters     = (null)\n", 1001),
        ("MaxArraySize = 1001\nSchedulerParameters = bf_interval=1,max_array_tasks=500,defer\n", 500),
        ("MaxArraySize = 1001\nSchedulerParameters = max_array_tasks=5000\n", 1001),
        ("scontrol is for administrators\n", None),
    ],
)
def test_how_large_an_array_may_be(text: str, largest: int | None) -> None:
    assert slurm_text.parse_largest_array(text) == largest


@pytest.mark.parametrize(
    ("extra", "environment", "names"),
    [
        ((), {}, ()),
        (("--clusters=q",), {}, ("q",)),
        (("--cluster=q,my_r",), {}, ("q", "my_r")),
        (("-Mq",), {}, ("q",)),
        (("-M q",), {}, ("q",)),
        (("--cluster-constraint=x", "--mem=1"), {}, ()),
        ((), {"SLURM_CLUSTERS": "r"}, ("r",)),
        # sbatch's own order: variables go before what stands in a script.
        (("--clusters=q",), {"SBATCH_CLUSTERS": "r"}, ("r",)),
    ],
)
def test_to_which_clusters_a_submit_goes(
    extra: tuple[str, ...], environment: dict[str, str], names: tuple[str, ...]
) -> None:
    assert slurm_header.clusters(extra, environment) == names


@pytest.mark.parametrize("word", ["--clusters=all", "-M q,all", "--clusters=a b", "--clusters=$(id)"])
def test_slurm_clusters_in_which_no_job_can_be_looked_up_are_refused(word: str) -> None:
    with pytest.raises(ValueError, match="cluster"):
        slurm_header.clusters([word])


def test_expected_start() -> None:
    assert slurm_text.parse_test_only(recorded("test_only.txt")) == 1795282910.0
    assert slurm_text.parse_test_only(recorded("refused.txt")) is None


def test_refusals_keep_slurms_text() -> None:
    assert slurm_text.tidied(recorded("refused.txt")) == (
        "invalid partition specified: nopart\nBatch job submission failed: Invalid partition name specified"
    )


def test_header() -> None:
    options = JobOptions(
        name="dask-ab-worker", log="log/demo.worker.{id}.log", memory=3 * 2**30 + 1, cpus=4, time=93784, tasks=3000,
        native=SlurmOptions(
            partition="dask", account="atlas", licenses="sps:1", qos="normal", extra=("--constraint=a b",)
        ),
    )  # fmt: skip
    assert slurm_header.header(options) == [
        "#SBATCH --job-name=dask-ab-worker",
        "#SBATCH --output=log/demo.worker.%A_%a.log",
        "#SBATCH --open-mode=append",
        "#SBATCH --ntasks=1",
        "#SBATCH --cpus-per-task=4",
        "#SBATCH --mem=3073M",
        "#SBATCH --time=1-02:03:04",
        "#SBATCH --array=0-2999",
        "#SBATCH --partition=dask",
        "#SBATCH --account=atlas",
        "#SBATCH --licenses=sps:1",
        "#SBATCH --qos=normal",
        "#SBATCH --propagate=NONE",
        "#SBATCH --requeue",
        '#SBATCH "--constraint=a b"',
        'JUPYTERLAB_DASK_HPC_JOB_ID="${SLURM_CLUSTERS:+$SLURM_CLUSTER_NAME:}${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}"',
    ]


@pytest.mark.parametrize(
    ("request_", "megabytes", "cpus", "written"),
    [
        ("job", 7936, 2, ["--mem=7936M"]),
        ("cpu", 7936, 2, ["--mem-per-cpu=3968M"]),
        ("cpu", 7937, 2, ["--mem-per-cpu=3969M"]),
        ("cpu", 1000, 3, ["--mem-per-cpu=334M"]),
        ("cpu", 3, 8, ["--mem-per-cpu=1M"]),
        ("node", 7936, 2, ["--mem=0"]),
        ("none", 7936, 2, []),
    ],
)
@pytest.mark.parametrize("nodes", [1, 3])
def test_memory_is_requested_in_the_form_of_the_site(
    request_: Any, megabytes: int, cpus: int, written: list[str], nodes: int
) -> None:
    """For each node: by the CPUs of its one task."""
    native = SlurmOptions(memory_request=request_)
    options = JobOptions(name="n", log="x", memory=megabytes * 2**20, cpus=cpus, time=1, nodes=nodes, native=native)
    assert [line.split()[1] for line in slurm_header.header(options) if "--mem" in line] == written


@pytest.mark.parametrize(
    ("tasks", "at_once", "written"),
    [(100, 10, ["--array=0-99%10"]), (100, None, ["--array=0-99"]), (1, 1, ["--array=0-0%1"]), (None, None, [])],
)
def test_an_array_says_how_many_of_its_jobs_run_at_once(
    tasks: int | None, at_once: int | None, written: list[str]
) -> None:
    options = JobOptions(name="n", log="x", memory=1, cpus=1, time=1, tasks=tasks, at_once=at_once)
    assert [line.split()[1] for line in slurm_header.header(options) if "--array" in line] == written


def test_a_job_for_another_slurm_cluster_names_it_in_its_id() -> None:
    options = JobOptions(name="n", log="x", memory=1, cpus=1, time=1, native=SlurmOptions(clusters="q, r"))
    lines = slurm_header.header(options)
    assert "#SBATCH --clusters=q,r" in lines
    assert lines[-1] == 'JUPYTERLAB_DASK_HPC_JOB_ID="$SLURM_CLUSTER_NAME:${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}"'


def test_a_job_that_may_not_start_twice_has_no_requeue() -> None:
    options = JobOptions(name="n", log="x", memory=1, cpus=1, time=1, requeue=False)
    assert "#SBATCH --no-requeue" in slurm_header.header(options)


@pytest.mark.parametrize("letter", ["\n", "\r", "\0", "\x1b", "\x7f"])
def test_a_value_of_two_lines_is_refused(letter: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        slurm_header.header(JobOptions(name=f"a{letter}b", log="x", memory=1, cpus=1, time=1))


def test_only_the_ids_place_is_a_pattern() -> None:
    options = JobOptions(name="n", log="50%j/{id}/100%.{id}.log", memory=1, cpus=1, time=1)
    assert slurm_header.log_pattern(options) == "50%%j/{id}/100%%.%j.log"
    assert slurm_header.log_pattern(options, "/my %A") == "/my %%A/50%%j/{id}/100%%.%j.log"


def test_tasks_are_cancelled_by_one_word_an_array() -> None:
    assert slurm_text.joined(refs("12_5", "12_0", "12_1", "12_2", "13", "14_7")) == ["12_[0-2,5]", "13", "14_[7]"]
    assert slurm_text.joined(refs("12_1", "12")) == ["12"]
