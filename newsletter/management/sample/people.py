"""The invented subscribers: 240 people, of whom some have not confirmed, have left, or must not be mailed."""

import csv
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from pathlib import Path

FIRST = (
    "Ada", "Bram", "Cora", "Dario", "Elin", "Farid", "Greta", "Hanno", "Ines", "Jonas", "Kira", "Leopold",
    "Maren", "Navid", "Odile", "Petra", "Quentin", "Roya", "Stellan", "Tova", "Ulrike", "Viggo", "Wanda", "Yusuf",
)  # fmt: skip
LAST = ("Ashby", "Brandt", "Calloway", "Dray", "Ekholm", "Ferro", "Gale", "Harrow", "Ives", "Juniper")
DOMAINS = (
    "example.org",
    "example.com",
    "example.net",
    "harbour.example",
    "hill.example",
    "post.test",
    "bücher.example",
)

PENDING = 12
UNSUBSCRIBED = 14
SUPPRESSED = 9


class Standing(StrEnum):
    """How a sample person stands to the English list."""

    CONFIRMED = "confirmed"
    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, kw_only=True)
class Person:
    name: str
    address: str
    standing: Standing


def everyone() -> list[Person]:
    """The 240, always the same."""
    people = []
    for number, (last, first) in enumerate(product(LAST, FIRST)):
        domain = DOMAINS[number % len(DOMAINS)]
        address = f"{first}.{last}@{domain}".lower()
        people.append(Person(name=f"{first} {last}", address=address, standing=_standing(number)))
    return people


def _standing(number: int) -> Standing:
    # Every sixth, so that those who are left out are spread over domains and names.
    place, rest = divmod(number, 6)
    if rest or place >= PENDING + UNSUBSCRIBED + SUPPRESSED:
        return Standing.CONFIRMED
    if place < PENDING:
        return Standing.PENDING
    return Standing.UNSUBSCRIBED if place < PENDING + UNSUBSCRIBED else Standing.SUPPRESSED


def write_csv(path: Path, people: list[Person]) -> None:
    """A file as newsrooms have it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["email", "name"])
        rows.writerows([person.address, person.name] for person in people)
