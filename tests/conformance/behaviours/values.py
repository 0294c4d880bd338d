"""Results: what must be equal on all workers, and what must differ."""

from __future__ import annotations

from typing import Any

from distributed import Client

from .registry import Context, behaviour

WORDS = ("muon", "electron", "tau", "photon", "gluon", "up", "down", "strange")


@behaviour()
def hash_of_text(client: Client, context: Context) -> Any:
    """hash() of text, bytes and tuples is the same on all workers, so that workers agree on what goes where."""

    def hashes() -> list[int]:
        return [hash("muon"), hash(b"muon"), hash(("muon", 1)), hash(frozenset(["muon", "tau"]))]

    found = context.everywhere(hashes)
    agree = all(one == found[0] for one in found)
    return {"all workers agree": agree, "values": found[0] if agree else None}


@behaviour()
def order_of_a_set(client: Client, context: Context) -> Any:
    """A set of texts is walked in the same order on all workers."""

    def order(words: tuple[str, ...]) -> list[str]:
        return list(set(words))

    found = context.everywhere(order, WORDS)
    agree = all(one == found[0] for one in found)
    return {"all workers agree": agree, "order": found[0] if agree else None}


@behaviour()
def groupby_of_a_bag(client: Client, context: Context) -> Any:
    """A bag's groupby puts equal keys of all workers into one group."""
    import dask.bag

    bag = dask.bag.from_sequence(WORDS * 3, npartitions=8)
    groups = bag.groupby(lambda word: word).compute(scheduler=client.get)
    return {"groups": sorted([key, len(list(members))] for key, members in groups)}


@behaviour()
def random_numbers(client: Client, context: Context) -> Any:
    """Random numbers of two workers, and of a worker and of the one that follows it, are not the same."""

    def draw() -> dict[str, str]:
        import os
        import random
        import secrets
        import tempfile
        import uuid

        import numpy

        return {
            "random": repr(random.random()),
            "random.SystemRandom": repr(random.SystemRandom().random()),
            "numpy.random": repr(float(numpy.random.random())),
            "numpy.random.default_rng": repr(float(numpy.random.default_rng().random())),
            "uuid.uuid1": str(uuid.uuid1()),
            "uuid.uuid4": str(uuid.uuid4()),
            "os.urandom": os.urandom(8).hex(),
            "secrets": secrets.token_hex(8),
            "tempfile": os.path.basename(tempfile.mktemp()),
        }

    found = context.everywhere(draw)
    answer = {}
    for kind in found[0]:
        values = [one[kind] for one in found]
        earlier = context.remembered(kind, values)
        answer[kind] = "new" if len({*values, *earlier}) == len(values) + len(earlier) else "drawn before"
    return answer
