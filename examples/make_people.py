"""Invent people: CSV files of names, addresses, latitudes, longitudes and what else stands in a register.

    python make_people.py                    94 files in data/, 94,000 rows
    python make_people.py --rows 25000000    the full size, about 4.2 GB

The same seed gives the same people. Needs numpy alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np

FILES = 94
HEADER = "id,name,address,mail,phone,born,latitude,longitude\n"
# Rows in memory at a time.
CHUNK = 100_000

FIRST = (
    "Ada Aiko Amara Ana Anders Bilal Carmen Chen Claire Daniel Elena Elif Emeka Farid Freya Giulia Hanna Hugo Ines "
    "Ivan Jamal Jonas Kofi Lars Leila Lucia Malia Maria Mateo Mere Mina Nadia Noor Olga Pavel Priya Rosa Samuel Sigrid "
    "Sofia Tevita Thomas Tomas Valeria Wei Yara Yuki Zoe"
).split()
LAST = (
    "Abara Aguilar Andersson Aune Banerjee Bauer Costa Diallo Dubois Eriksen Farah Ferreira Fischer Garcia Haddad "
    "Hansen Hernandez Ito Ivanova Jansen Kaya Kim Kowalski Laurent Lopez Martin Mbeki Moreau Naulu Nguyen Novak "
    "Okafor Olsen Pereira Petrov Quispe Rossi Sato Schmidt Silva Singh Tabua Tanaka Torres Vidal Walker Wang Yilmaz"
).split()
STREET = (
    "Bridge Street,Cedar Lane,Chapel Road,Church Street,Elm Avenue,Garden Street,Harbour Road,High Street,Hill Lane,"
    "Lake Road,Market Square,Mill Lane,North Street,Orchard Road,Park Avenue,River Walk,School Lane,South Street,"
    "Station Road,Well Street"
).split(",")


class City(NamedTuple):
    name: str
    latitude: float
    longitude: float


CITIES = (
    City("Accra", 5.60, -0.19),
    City("Anchorage", 61.22, -149.90),
    City("Auckland", -36.85, 174.76),
    City("Bergen", 60.39, 5.32),
    City("Bogota", 4.71, -74.07),
    City("Cairo", 30.04, 31.24),
    City("Cape Town", -33.92, 18.42),
    City("Dakar", 14.69, -17.45),
    City("Delhi", 28.61, 77.21),
    City("Honolulu", 21.31, -157.86),
    City("Istanbul", 41.01, 28.98),
    City("Jakarta", -6.21, 106.85),
    City("Labasa", -16.43, 179.37),
    City("Lima", -12.05, -77.04),
    City("Longyearbyen", 78.22, 15.65),
    City("Lyon", 45.76, 4.84),
    City("Manila", 14.60, 120.98),
    City("Melbourne", -37.81, 144.96),
    City("Mexico City", 19.43, -99.13),
    City("Montreal", 45.50, -73.57),
    City("Nairobi", -1.29, 36.82),
    City("Porto", 41.15, -8.61),
    City("Punta Arenas", -53.16, -70.91),
    City("Reykjavik", 64.15, -21.94),
    City("Seoul", 37.57, 126.98),
    City("Taveuni", -16.86, -179.97),
    City("Tokyo", 35.68, 139.69),
    City("Tromso", 69.65, 18.96),
    City("Ushuaia", -54.80, -68.30),
    City("Warsaw", 52.23, 21.01),
)
# Degrees that an address lies from the middle of its city: one standard deviation.
SPREAD = 0.05


def make_people(folder: Path, rows: int, files: int = FILES, seed: int = 1) -> list[Path]:
    """Write `rows` people into `files` files of nearly equal length, ``people-00.csv`` and so on; returns their paths.

    Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(files):
        path = folder / f"people-{number:02}.csv"
        count = rows // files + (number < rows % files)
        random = np.random.default_rng([seed, number])
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(HEADER)
            while count > 0:
                file.write(people(random, min(count, CHUNK)))
                count -= CHUNK
        paths.append(path)
    return paths


def people(random: np.random.Generator, count: int) -> str:
    """`count` lines of CSV."""
    city = random.integers(len(CITIES), size=count)
    latitude = np.array([each.latitude for each in CITIES])[city] + random.normal(0, SPREAD, count)
    longitude = np.array([each.longitude for each in CITIES])[city] + random.normal(0, SPREAD, count)
    # East of the date line it goes on in the west.
    longitude = (longitude + 180) % 360 - 180
    first, last = (_pick(names, random.integers(len(names), size=count)) for names in (FIRST, LAST))
    identity, box = (random.integers(2**63, size=count).tolist() for _ in range(2))
    columns = (
        identity,
        box,
        first,
        last,
        random.integers(1, 200, size=count).tolist(),
        _pick(STREET, random.integers(len(STREET), size=count)),
        _pick([each.name for each in CITIES], city),
        first,
        last,
        [number % 10**10 for number in box],
        random.integers(10**9, 10**10, size=count).tolist(),
        random.integers(1925, 2021, size=count).tolist(),
        random.integers(1, 13, size=count).tolist(),
        random.integers(1, 29, size=count).tolist(),
        latitude.tolist(),
        longitude.tolist(),
    )
    line = '%016x%016x,%s %s,"%d %s, %s",%s.%s.%010d@residents.post.example.org,+99 %d,%d-%02d-%02d,%.6f,%.6f\n'
    return "".join(map(line.__mod__, zip(*columns, strict=True)))


def _pick(words: list[str], chosen: np.ndarray) -> list[str]:
    picked: list[str] = np.array(words, dtype=object)[chosen].tolist()
    return picked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("data"))
    parser.add_argument("--rows", type=int, default=94_000, help="people in all files together (default: 94000)")
    parser.add_argument("--files", type=int, default=FILES, help=f"number of files (default: {FILES})")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.files < 1 or asked.rows < asked.files:
        parser.error("at least one file, and one row a file")
    paths = make_people(asked.folder, asked.rows, asked.files, asked.seed)
    size = sum(path.stat().st_size for path in paths)
    print(f"{asked.rows:,} people in {len(paths)} files, {size / 1e6:,.0f} MB, in {asked.folder}")


if __name__ == "__main__":
    main()
