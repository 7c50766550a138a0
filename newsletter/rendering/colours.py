"""Makes any accent readable: on white, in dark mode, and where a mail program inverts colours by force."""

import colorsys
import re
from dataclasses import dataclass

PAPER = "#f4f2ed"
DARK_PANEL = "#1b1c1e"
# What programs that invert by force put behind text (Gmail and Outlook on phones: a dark grey).
FORCED_PANEL = "#1f1f1f"
# WCAG 2.2, 1.4.3: text of normal size.
CONTRAST = 4.5
FALLBACK = "#8a1c1c"
_STEP = 0.01
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, kw_only=True)
class Accent:
    light: str
    """On our white and paper; stays readable when its lightness is inverted."""
    dark: str
    """On our dark panel."""


def accent(colour: str) -> Accent:
    """The nearest readable variants of ``#rrggbb``; anything else counts as our own red."""
    colour = colour if _HEX.fullmatch(colour) else FALLBACK
    return Accent(light=_darkened(colour), dark=_lightened(colour))


def contrast(first: str, second: str) -> float:
    """The WCAG contrast ratio, 1 to 21."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def inverted(colour: str) -> str:
    """Hue kept, lightness turned round: how mail programs force a dark mode."""
    hue, light, saturation = _hls(colour)
    return _from_hls(hue, 1 - light, saturation)


def _darkened(colour: str) -> str:
    hue, light, saturation = _hls(colour)
    while light > 0:
        candidate = _from_hls(hue, light, saturation)
        if contrast(candidate, PAPER) >= CONTRAST and contrast(inverted(candidate), FORCED_PANEL) >= CONTRAST:
            return candidate
        light -= _STEP
    return "#000000"


def _lightened(colour: str) -> str:
    hue, light, saturation = _hls(colour)
    while light < 1:
        candidate = _from_hls(hue, light, saturation)
        if contrast(candidate, DARK_PANEL) >= CONTRAST:
            return candidate
        light += _STEP
    return "#ffffff"


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _hls(colour: str) -> tuple[float, float, float]:
    return colorsys.rgb_to_hls(*_channels(colour))


def _from_hls(hue: float, light: float, saturation: float) -> str:
    return "#" + "".join(f"{round(c * 255):02x}" for c in colorsys.hls_to_rgb(hue, light, saturation))
