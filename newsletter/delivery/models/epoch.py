"""Which life of the database this is (docs/delivery.md, rule 9)."""

from django.db import models


class Epoch(models.Model):
    """One row: which life of this database it is, and whether it may send (docs/delivery.md, rule 9)."""

    class Why(models.TextChoices):
        BEHIND = "behind", "It is older than the journals beside it."
        ELSEWHERE = "elsewhere", "It is not where it was."

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    root = models.CharField(max_length=32, help_text="Random; the same in every copy.")
    number = models.PositiveIntegerField(default=1, help_text="Grows each time a person ends a hold.")
    place = models.CharField(max_length=120, blank=True, help_text="Where the database lies: a copy lies elsewhere.")
    held_at = models.DateTimeField(null=True, blank=True, help_text="Nothing goes out until a person says so.")
    held_why = models.CharField(max_length=12, blank=True, choices=Why)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="epoch_one")]

    def __str__(self) -> str:
        return f"{self.root}.{self.number}"
