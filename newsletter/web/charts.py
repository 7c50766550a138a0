"""Bars as SVG, drawn on the server: plain shapes whose colours the style sheet gives. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 480, 96
"""Of the drawing; the page stretches it."""
GAP = 0.2
"""Of a bar's place that stays empty."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar, in the drawing's own units; y grows downwards."""

    x: float
    y: float
    width: float
    height: float


def bars(values: Sequence[int]) -> list[Bar]:
    """A bar for each value, the tallest as high as the drawing; what is not nothing can be seen."""
    if not values:
        return []
    top, place = max(*values, 1), WIDTH / len(values)
    heights = [max(value / top * HEIGHT, 1.0) if value > 0 else 0.0 for value in values]
    wide = round(place * (1 - GAP), 2)
    return [
        Bar(x=round(n * place + place * GAP / 2, 2), y=round(HEIGHT - high, 2), width=wide, height=round(high, 2))
        for n, high in enumerate(heights)
    ]
