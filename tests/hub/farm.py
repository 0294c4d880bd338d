"""What an operator of the farm sees of a cluster: its jobs and its processes."""

from __future__ import annotations

import psutil
from support.polling import until

from testbed.hub import HubTestbed
from testbed.slurm import SlurmTestbed


class Farm:
    """The farm on which the hub's users have their clusters."""

    def __init__(self, slurm: SlurmTestbed, hub: HubTestbed) -> None:
        self.slurm = slurm
        self._hub = hub

    def jobs(self, id: str) -> list[str]:
        """Lines of the queue, one for each job of a cluster."""
        lines = self.slurm.run("squeue", "-h", "-r", "-o", "%i %T %j").splitlines()
        return [line for line in lines if id in line]

    def processes(self, id: str) -> list[psutil.Process]:
        """What the jobs of a cluster have started."""
        found = []
        for user in self._hub.users.values():
            for process in user.processes():
                try:
                    if id in process.environ().get("SLURM_JOB_NAME", "") or id in " ".join(process.cmdline()):
                        found.append(process)
                except psutil.Error:
                    continue
        return found

    def runs(self, id: str, workers: int = 1) -> bool:
        """Whether the scheduler and all workers of a cluster run."""
        states = [line.split()[1] for line in self.jobs(id)]
        return states == ["RUNNING"] * (1 + workers) and len(self.processes(id)) > workers

    def is_rid_of(self, id: str) -> bool:
        """Whether nothing of a cluster is left, in a while."""
        until(lambda: not self.jobs(id), "the end of the jobs")
        until(lambda: not self.processes(id), "the end of the processes")
        return True
