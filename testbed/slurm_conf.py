"""The text of slurm.conf for a simulated farm on one machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

# Enough for 3000 tasks of 3 GiB and for a few with many CPUs, with any number of nodes.
TOTAL_CPUS = 8192
TOTAL_MEMORY_MB = 64 * 1024 * 1024

CONFIGS: dict[str, dict[str, str]] = {
    # No gathering of job statistics: thousands of tasks side by side.
    "scale": {"JobAcctGatherType": "jobacct_gather/none"},
    # Real out-of-memory kills without cgroups; partition `urgent` preempts jobs of the others, which are requeued.
    "faults": {
        "JobAcctGatherType": "jobacct_gather/linux",
        "JobAcctGatherFrequency": "task=1",
        "JobAcctGatherParams": "OverMemoryKill",
        "PreemptType": "preempt/partition_prio",
        "PreemptMode": "REQUEUE",
    },
}


def slurm_conf(
    folder: Path,
    cluster: str,
    controller_port: int,
    node_ports: Sequence[int],
    settings: Mapping[str, str],
    gpus: Mapping[str, int] | None = None,
) -> str:
    """The complete slurm.conf of a testbed whose files are all in `folder`.

    Args:
        cluster: its ClusterName, which marks the environment of every job.
        node_ports: one for each node's slurmd.
        settings: additional or changed keys, such as ``{"MinJobAge": "10"}``.
        gpus: for each model of GPU, how many each node has.
    """
    values = {
        "ClusterName": cluster,
        "SlurmctldHost": "localhost(127.0.0.1)",
        "SlurmctldPort": str(controller_port),
        "CommunicationParameters": "NoCtldInAddrAny,NoInAddrAny",
        "SlurmUser": "root",
        "SlurmdUser": "root",
        "AuthType": "auth/munge",
        "CredType": "cred/munge",
        # A requeued job can start again only after its old credential has expired: 120 s by default.
        "AuthInfo": f"socket={folder}/munge/socket,cred_expire=5",
        "StateSaveLocation": f"{folder}/state",
        "SlurmdSpoolDir": f"{folder}/spool-%n",
        # Gives each job a TMPDIR below `folder`: files that a killed job leaves there are removed with the testbed.
        "TaskProlog": f"{folder}/task-prolog",
        "SlurmctldPidFile": f"{folder}/slurmctld.pid",
        "SlurmdPidFile": f"{folder}/slurmd-%n.pid",
        "SlurmctldLogFile": f"{folder}/log/slurmctld.log",
        "SlurmdLogFile": f"{folder}/log/slurmd-%n.log",
        "ProctrackType": "proctrack/linuxproc",
        "TaskPlugin": "task/none",
        "SwitchType": "switch/none",
        "MpiDefault": "none",
        "SelectType": "select/cons_tres",
        "SelectTypeParameters": "CR_Core_Memory",
        "SlurmdParameters": "config_overrides",
        "AccountingStorageType": "accounting_storage/none",
        "JobCompType": "jobcomp/none",
        # Without it, a job that requests no memory gets a whole node.
        "DefMemPerCPU": "1024",
        "MaxArraySize": "4001",
        "MaxJobCount": "20000",
        "MessageTimeout": "30",
        "ReturnToService": "2",
        "SchedulerParameters": "sched_min_interval=100000,sched_interval=1,bf_interval=1",
        "Licenses": "sps:5000",
        **({"GresTypes": "gpu"} if gpus else {}),
        **settings,
    }
    cpus = -(-TOTAL_CPUS // len(node_ports))
    memory = -(-TOTAL_MEMORY_MB // len(node_ports))
    shape = f"CPUs={cpus} Sockets=1 CoresPerSocket={cpus} ThreadsPerCore=1 RealMemory={memory} State=UNKNOWN"
    if gpus:
        shape += " Gres=" + ",".join(f"gpu:{model}:{count}" for model, count in gpus.items())
    nodes = [
        f"NodeName=n{index} NodeHostname=localhost NodeAddr=127.0.0.1 Port={port} {shape}"
        for index, port in enumerate(node_ports)
    ]
    partitions = [
        f"PartitionName={name} Nodes=ALL MaxTime=INFINITE State=UP{more}"
        for name, more in (("htc", " Default=YES"), ("htc_daemon", ""), ("dask", ""), ("urgent", " PriorityTier=10"))
    ]
    return "\n".join([*(f"{key}={value}" for key, value in values.items()), *nodes, *partitions, ""])


def gres_conf(folder: Path, gpus: Mapping[str, int]) -> str:
    """The complete gres.conf of invented GPUs: `folder` has the devices ``gpu0``, ``gpu1``, ...."""
    lines, first = [], 0
    for model, count in gpus.items():
        lines.append(f"Name=gpu Type={model} File={folder}/gpu[{first}-{first + count - 1}]\n")
        first += count
    return "".join(lines)
