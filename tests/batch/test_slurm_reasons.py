"""Every reason of Slurm's own list has a text, and those that never pass are marked."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from dask_hpc.messages import Message
from jupyterlab_dask_hpc.batch.slurm.reasons import wait_of
from jupyterlab_dask_hpc.core.waits import RequestedResources, advice

DEFAULT = Message("wait.default")


class Explanation(NamedTuple):
    advice: Message
    never: bool


def why_it_waits(reason: str, asked: RequestedResources | None = None) -> Explanation:
    """The text for users of a reason."""
    wait = wait_of(reason)
    return Explanation(advice(wait, asked or RequestedResources()), bool(wait and wait.never))


# Slurm's job_state_reason.c (25.11), without those that only jobs have that are over.
REASONS = [
    "Prolog",
    "Priority",
    "Dependency",
    "Resources",
    "PartitionNodeLimit",
    "PartitionTimeLimit",
    "PartitionDown",
    "PartitionInactive",
    "JobHeldAdmin",
    "JobHeldUser",
    "BeginTime",
    "Licenses",
    "AssociationJobLimit",
    "AssociationResourceLimit",
    "AssociationTimeLimit",
    "Reservation",
    "ReqNodeNotAvail",
    "FrontEndDown",
    "SchedDefer",
    "NodeDown",
    "BadConstraints",
    "SystemFailure",
    "JobLaunchFailure",
    "InactiveLimit",
    "InvalidAccount",
    "InvalidQOS",
    "QOSUsageThreshold",
    "QOSJobLimit",
    "QOSResourceLimit",
    "QOSTimeLimit",
    "Cleaning",
    "QOSNotAllowed",
    "AccountNotAllowed",
    "DependencyNeverSatisfied",
    "QOSGrpCpuLimit",
    "QOSGrpCPUMinutesLimit",
    "QOSGrpCPURunMinutesLimit",
    "QOSGrpJobsLimit",
    "QOSGrpMemLimit",
    "QOSGrpNodeLimit",
    "QOSGrpSubmitJobsLimit",
    "QOSGrpWallLimit",
    "QOSMaxCpuPerJobLimit",
    "QOSMaxCpuMinutesPerJobLimit",
    "QOSMaxNodePerJobLimit",
    "QOSMaxWallDurationPerJobLimit",
    "QOSMaxCpuPerUserLimit",
    "QOSMaxJobsPerUserLimit",
    "QOSMaxNodePerUserLimit",
    "QOSMaxSubmitJobPerUserLimit",
    "QOSMinCpuNotSatisfied",
    "AssocGrpCpuLimit",
    "AssocGrpCPUMinutesLimit",
    "AssocGrpCPURunMinutesLimit",
    "AssocGrpJobsLimit",
    "AssocGrpMemLimit",
    "AssocGrpNodeLimit",
    "AssocGrpSubmitJobsLimit",
    "AssocGrpWallLimit",
    "AssocMaxJobsLimit",
    "AssocMaxCpuPerJobLimit",
    "AssocMaxCpuMinutesPerJobLimit",
    "AssocMaxNodePerJobLimit",
    "AssocMaxWallDurationPerJobLimit",
    "AssocMaxSubmitJobLimit",
    "JobHoldMaxRequeue",
    "JobArrayTaskLimit",
    "BurstBufferResources",
    "BurstBufferStageIn",
    "BurstBufferOperation",
    "PowerNotAvail",
    "PowerReserved",
    "AssocGrpUnknown",
    "AssocGrpUnknownMinutes",
    "AssocGrpUnknownRunMinutes",
    "AssocMaxUnknownPerJob",
    "AssocMaxUnknownPerNode",
    "AssocMaxUnknownMinutesPerJob",
    "AssocMaxCpuPerNode",
    "AssocGrpMemMinutes",
    "AssocGrpMemRunMinutes",
    "AssocMaxMemPerJob",
    "AssocMaxMemPerNode",
    "AssocMaxMemMinutesPerJob",
    "AssocGrpNodeMinutes",
    "AssocGrpNodeRunMinutes",
    "AssocMaxNodeMinutesPerJob",
    "AssocGrpEnergy",
    "AssocGrpEnergyMinutes",
    "AssocGrpEnergyRunMinutes",
    "AssocMaxEnergyPerJob",
    "AssocMaxEnergyPerNode",
    "AssocMaxEnergyMinutesPerJob",
    "AssocGrpGRES",
    "AssocGrpGRESMinutes",
    "AssocGrpGRESRunMinutes",
    "AssocMaxGRESPerJob",
    "AssocMaxGRESPerNode",
    "AssocMaxGRESMinutesPerJob",
    "AssocGrpLicense",
    "AssocGrpLicenseMinutes",
    "AssocGrpLicenseRunMinutes",
    "AssocMaxLicensePerJob",
    "AssocMaxLicenseMinutesPerJob",
    "AssocGrpBB",
    "AssocGrpBBMinutes",
    "AssocGrpBBRunMinutes",
    "AssocMaxBBPerJob",
    "AssocMaxBBPerNode",
    "AssocMaxBBMinutesPerJob",
    "QOSGrpUnknown",
    "QOSGrpUnknownMinutes",
    "QOSGrpUnknownRunMinutes",
    "QOSMaxUnknownPerJob",
    "QOSMaxUnknownPerNode",
    "QOSMaxUnknownPerUser",
    "QOSMaxUnknownMinutesPerJob",
    "QOSMinUnknown",
    "QOSMaxCpuPerNode",
    "QOSGrpMemoryMinutes",
    "QOSGrpMemoryRunMinutes",
    "QOSMaxMemoryPerJob",
    "QOSMaxMemoryPerNode",
    "QOSMaxMemoryPerUser",
    "QOSMaxMemoryMinutesPerJob",
    "QOSMinMemory",
    "QOSGrpNodeMinutes",
    "QOSGrpNodeRunMinutes",
    "QOSMaxNodeMinutesPerJob",
    "QOSMinNode",
    "QOSGrpEnergy",
    "QOSGrpEnergyMinutes",
    "QOSGrpEnergyRunMinutes",
    "QOSMaxEnergyPerJob",
    "QOSMaxEnergyPerNode",
    "QOSMaxEnergyPerUser",
    "QOSMaxEnergyMinutesPerJob",
    "QOSMinEnergy",
    "QOSGrpGRES",
    "QOSGrpGRESMinutes",
    "QOSGrpGRESRunMinutes",
    "QOSMaxGRESPerJob",
    "QOSMaxGRESPerNode",
    "QOSMaxGRESPerUser",
    "QOSMaxGRESMinutesPerJob",
    "QOSMinGRES",
    "QOSGrpLicense",
    "QOSGrpLicenseMinutes",
    "QOSGrpLicenseRunMinutes",
    "QOSMaxLicensePerJob",
    "QOSMaxLicensePerUser",
    "QOSMaxLicenseMinutesPerJob",
    "QOSMinLicense",
    "QOSGrpBB",
    "QOSGrpBBMinutes",
    "QOSGrpBBRunMinutes",
    "QOSMaxBBPerJob",
    "QOSMaxBBPerNode",
    "QOSMaxBBPerUser",
    "QOSMinBB",
    "DeadLine",
    "MaxBBPerAccount",
    "MaxCpuPerAccount",
    "MaxEnergyPerAccount",
    "MaxGRESPerAccount",
    "MaxNodePerAccount",
    "MaxLicensePerAccount",
    "MaxMemoryPerAccount",
    "MaxUnknownPerAccount",
    "MaxJobsPerAccount",
    "MaxSubmitJobsPerAccount",
    "PartitionConfig",
    "AccountingPolicy",
    "MaxMemPerLimit",
    "AssocGrpBilling",
    "AssocGrpBillingMinutes",
    "AssocGrpBillingRunMinutes",
    "AssocMaxBillingPerJob",
    "AssocMaxBillingPerNode",
    "AssocMaxBillingMinutesPerJob",
    "QOSGrpBilling",
    "QOSGrpBillingMinutes",
    "QOSGrpBillingRunMinutes",
    "QOSMaxBillingPerJob",
    "QOSMaxBillingPerNode",
    "QOSMaxBillingPerUser",
    "QOSMaxBillingMinutesPerJob",
    "MaxBillingPerAccount",
    "QOSMinBilling",
    "ReservationDeleted",
    "ReservationInvalid",
    "Constraints",
]
LONG = ["ReqNodeNotAvail, UnavailableNodes:n1", "(launch_failed_requeued_held)", "launch failed requeued held"]


@pytest.mark.parametrize("reason", [*REASONS, "Nodes_required_for_job_are_DOWN,_DRAINED", LONG[0], LONG[2]])
def test_every_reason_has_a_text(reason: str) -> None:
    wait = why_it_waits(reason, RequestedResources("worker", "02:00:00", "3G", 4, "the help desk"))
    assert wait_of(reason) is not None
    assert wait.advice != DEFAULT
    assert not {"{", "}"} & set(str(wait.advice))
    assert str(wait.advice).endswith((".", "help desk."))


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("PartitionTimeLimit", "more time (02:00:00) than their partition allows. Launch again with less worker time."),
        ("QOSMaxWallDurationPerJobLimit", "more time (02:00:00) than their quality of service (QOS) allows."),
        ("AssocMaxWallDurationPerJobLimit", "more time (02:00:00) than your account allows."),
        ("AssocMaxCpuPerJobLimit", "more CPUs (3G memory, 4 CPUs) than your account allows a job."),
        ("AssocMaxMemPerNode", "more memory (3G memory, 4 CPUs) than your account allows a job on one node."),
        ("QOSMaxCpuMinutesPerJobLimit", "more CPUs times time (02:00:00) than their quality of service (QOS) allows"),
        ("AssocGrpCPUMinutesLimit", "Your account has used up its computing time. Nothing starts until it gets more"),
        ("AssocGrpBillingMinutes", "has used up its computing time."),
        ("QOSGrpGRESMinutes", "has used up its devices (GRES) times time."),
        ("InvalidQOS", "is not valid, or not yours. Ask the help desk."),
        ("InvalidAccount", "is not valid, or not yours. Ask the help desk."),
        ("QOSMinMemory", "asks for more memory a job than they have"),
        ("DependencyNeverSatisfied", "Launch again."),
    ],
)
def test_a_job_that_never_starts_shows_what_to_change_or_whom_to_ask(reason: str, shown: str) -> None:
    wait = why_it_waits(reason, RequestedResources("worker", "02:00:00", "3G", 4, "the help desk"))
    assert wait.never
    assert shown in str(wait.advice)


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("Priority", "Other jobs go first."),
        ("AssocGrpCpuLimit", "Your group uses as many CPUs as it may."),
        ("QOSGrpMemLimit", "Their quality of service (QOS) uses as much memory as allowed at once."),
        ("QOSMaxCpuPerUserLimit", "You use as many CPUs as allowed at once."),
        ("MaxJobsPerAccount", "Your account uses as many jobs as allowed at once."),
        ("AssocGrpCPURunMinutesLimit", "What runs already has all the CPUs times time that your account may have"),
        ("JobHeldUser", "They are held. The user who holds them can release them."),
        ("Licenses", "there may not be as many as the profile asks for: ask the administrators of the batch system."),
        ("SomethingNew", str(DEFAULT)),
        ("Something_new happened", str(DEFAULT)),
        ("", str(DEFAULT)),
    ],
)
def test_what_passes_by_itself_does_not(reason: str, shown: str) -> None:
    wait = why_it_waits(reason)
    assert not wait.never
    assert shown in str(wait.advice)
