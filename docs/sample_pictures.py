"""Draws the pictures of the sample newsroom; run it again after changing one: `python docs/sample_pictures.py`."""

import math
import random
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

TARGET = Path(__file__).resolve().parent.parent / "newsletter" / "management" / "sample"
SIZE = (1200, 675)
SCALE = 2
"""Drawn larger and shrunk, which smooths the edges."""
W, H = SIZE[0] * SCALE, SIZE[1] * SCALE

Colour = tuple[int, int, int]
Pen = ImageDraw.ImageDraw


def sky(top: Colour, bottom: Colour) -> Image.Image:
    """A canvas with a vertical gradient."""
    strip = Image.new("RGB", (1, H))
    for y in range(H):
        part = y / H
        strip.putpixel((0, y), tuple(round(a + (b - a) * part) for a, b in zip(top, bottom, strict=True)))
    return strip.resize((W, H))


def hill(pen: Pen, level: float, swing: float, waves: float, shift: float, colour: Colour) -> None:
    """A soft ridge across the picture, filled to the bottom. Measures are parts of the canvas."""
    points = [
        (x, H * (level + swing * math.sin(waves * math.pi * x / W + shift) + 0.4 * swing * math.sin(7 * x / W + shift)))
        for x in range(0, W + 8, 8)
    ]
    pen.polygon([*points, (W, H), (0, H)], fill=colour)


def disc(pen: Pen, x: float, y: float, radius: float, colour: Colour) -> None:
    """A circle; x and y as parts of width and height, the radius as a part of the height."""
    r = radius * H
    pen.ellipse((x * W - r, y * H - r, x * W + r, y * H + r), fill=colour)


def box(pen: Pen, x0: float, y0: float, x1: float, y1: float, colour: Colour, round_by: float = 0.0) -> None:
    pen.rounded_rectangle((x0 * W, y0 * H, x1 * W, y1 * H), radius=round_by * H, fill=colour)


def shape(pen: Pen, points: list[tuple[float, float]], colour: Colour) -> None:
    pen.polygon([(x * W, y * H) for x, y in points], fill=colour)


def night_ferry() -> Image.Image:
    image = sky((22, 32, 66), (70, 88, 130))
    pen = ImageDraw.Draw(image)
    dice = random.Random(1)  # noqa: S311  (stars, not secrets)
    for _ in range(70):
        disc(pen, dice.random(), dice.random() * 0.5, dice.choice((0.002, 0.003, 0.004)), (220, 224, 240))
    disc(pen, 0.74, 0.25, 0.13, (246, 236, 206))
    hill(pen, 0.62, 0.012, 5, 0, (38, 54, 98))
    box(pen, 0.36, 0.50, 0.56, 0.56, (232, 226, 214), 0.02)
    box(pen, 0.41, 0.43, 0.51, 0.51, (208, 200, 188), 0.02)
    box(pen, 0.46, 0.36, 0.49, 0.44, (176, 62, 50), 0.005)
    shape(pen, [(0.30, 0.56), (0.62, 0.56), (0.585, 0.66), (0.335, 0.66)], (176, 62, 50))
    for n in range(6):
        disc(pen, 0.385 + n * 0.03, 0.53, 0.013, (255, 206, 110))
    for n, tone in enumerate(((34, 48, 90), (28, 40, 78), (22, 32, 64))):
        hill(pen, 0.66 + n * 0.11, 0.012, 6 + n, n * 1.7, tone)
    for n in range(8):
        box(pen, 0.70 + 0.004 * (n % 3), 0.68 + n * 0.035, 0.78 - 0.006 * (n % 2), 0.685 + n * 0.035, (186, 182, 186))
    return image


def library_bell() -> Image.Image:
    image = sky((244, 233, 214), (236, 218, 190))
    pen = ImageDraw.Draw(image)
    tones: list[Colour] = [(150, 62, 52), (44, 82, 96), (196, 150, 70), (88, 104, 70), (110, 74, 96), (214, 196, 160)]
    dice = random.Random(3)  # noqa: S311  (picture, not secrets)
    for shelf in range(2):
        base = 0.62 + shelf * 0.34
        x = 0.03
        while x < 0.95:
            width, height = dice.uniform(0.02, 0.042), dice.uniform(0.17, 0.26)
            tone = dice.choice(tones)
            box(pen, x, base - height, x + width, base, tone, 0.008)
            box(pen, x, base - height + 0.03, x + width, base - height + 0.042, (240, 228, 204))
            x += width + 0.004
        box(pen, 0, base, 1, base + 0.03, (120, 84, 56))
    box(pen, 0.497, 0, 0.503, 0.12, (90, 66, 46))
    disc(pen, 0.5, 0.20, 0.085, (206, 158, 58))
    shape(pen, [(0.452, 0.20), (0.548, 0.20), (0.575, 0.305), (0.425, 0.305)], (206, 158, 58))
    box(pen, 0.418, 0.295, 0.582, 0.32, (178, 130, 42), 0.012)
    disc(pen, 0.5, 0.335, 0.022, (120, 84, 40))
    return image


def tide_clock() -> Image.Image:
    image = sky((214, 228, 228), (178, 206, 210))
    pen = ImageDraw.Draw(image)
    disc(pen, 0.5, 0.5, 0.42, (54, 72, 84))
    disc(pen, 0.5, 0.5, 0.385, (248, 244, 232))
    face = Image.new("RGB", (W, H), (248, 244, 232))
    waves = ImageDraw.Draw(face)
    for n, tone in enumerate(((126, 178, 188), (80, 142, 160), (46, 104, 130))):
        hill(waves, 0.56 + n * 0.09, 0.018, 7 + n, n * 2.0, tone)
    mask = Image.new("L", (W, H), 0)
    disc_mask = ImageDraw.Draw(mask)
    r = 0.385 * H
    disc_mask.ellipse((W / 2 - r, H / 2 - r, W / 2 + r, H / 2 + r), fill=255)
    image.paste(face, (0, 0), mask)
    for hour in range(12):
        angle = math.pi * hour / 6
        disc(pen, 0.5 + 0.34 * H / W * math.sin(angle), 0.5 - 0.34 * math.cos(angle), 0.011, (54, 72, 84))
    for angle, length, width in ((0.95, 0.20, 0.016), (5.4, 0.29, 0.010)):
        tip = (W / 2 + length * H * math.sin(angle), H / 2 - length * H * math.cos(angle))
        pen.line([(W / 2, H / 2), tip], fill=(168, 58, 48), width=int(width * H))
    disc(pen, 0.5, 0.5, 0.022, (168, 58, 48))
    return image


def bread_oven() -> Image.Image:
    image = sky((92, 70, 78), (170, 112, 84))
    pen = ImageDraw.Draw(image)
    box(pen, 0.60, 0.02, 0.66, 0.35, (84, 76, 78), 0.01)
    disc(pen, 0.47, 0.60, 0.46, (150, 84, 62))
    for row in range(9):
        y = 0.20 + row * 0.075
        for column in range(14):
            x = 0.20 + column * 0.04 + (row % 2) * 0.02
            if math.hypot((x - 0.47) * W / H, y - 0.58) < 0.40:
                box(pen, x - 0.016, y - 0.026, x + 0.016, y + 0.026, (178 - row * 4, 104 - row * 3, 76), 0.008)
    disc(pen, 0.47, 0.70, 0.235, (66, 38, 34))
    disc(pen, 0.47, 0.73, 0.20, (232, 122, 44))
    disc(pen, 0.47, 0.78, 0.13, (252, 192, 90))
    box(pen, 0, 0.80, 1, 1, (112, 74, 56))
    box(pen, 0, 0.80, 1, 0.825, (136, 94, 70))
    for x in (0.14, 0.80, 0.92):
        disc(pen, x, 0.80, 0.075, (214, 158, 92))
        box(pen, x - 0.06, 0.80, x + 0.06, 0.89, (112, 74, 56))
        for cut in (-0.018, 0, 0.018):
            pen.line(
                [((x + cut - 0.006) * W, 0.785 * H), ((x + cut + 0.006) * W, 0.745 * H)], fill=(246, 214, 158), width=9
            )
    return image


def lighthouse() -> Image.Image:
    image = sky((58, 66, 110), (234, 168, 136))
    pen = ImageDraw.Draw(image)
    shape(pen, [(0.70, 0.245), (0.0, 0.06), (0.0, 0.36)], (250, 222, 150))
    hill(pen, 0.74, 0.03, 2, 0.4, (110, 92, 120))
    shape(pen, [(0.655, 0.82), (0.745, 0.82), (0.725, 0.30), (0.675, 0.30)], (244, 238, 228))
    for n in range(3):
        y0, y1 = 0.38 + n * 0.15, 0.45 + n * 0.15
        a, b = 0.025 + (y0 - 0.30) * 0.0385, 0.025 + (y1 - 0.30) * 0.0385
        shape(pen, [(0.7 - a, y0), (0.7 + a, y0), (0.7 + b, y1), (0.7 - b, y1)], (178, 58, 52))
    box(pen, 0.665, 0.285, 0.735, 0.31, (58, 52, 66))
    box(pen, 0.682, 0.21, 0.718, 0.29, (255, 226, 140))
    shape(pen, [(0.675, 0.215), (0.725, 0.215), (0.70, 0.15)], (58, 52, 66))
    hill(pen, 0.82, 0.025, 3, 2.2, (74, 76, 98))
    hill(pen, 0.91, 0.012, 7, 0.0, (40, 60, 88))
    return image


def gloves() -> Image.Image:
    image = sky((222, 230, 238), (244, 240, 232))
    pen = ImageDraw.Draw(image)
    hill(pen, 0.86, 0.02, 2, 0.0, (255, 253, 248))
    line = [(x * W / 60, H * (0.22 + 0.05 * math.sin(math.pi * x / 60))) for x in range(61)]
    pen.line(line, fill=(94, 84, 78), width=10)
    tones: list[Colour] = [(176, 64, 56), (52, 92, 112), (214, 162, 72), (94, 116, 82), (124, 84, 112), (70, 74, 82)]
    for n, tone in enumerate(tones):
        x = 0.12 + n * 0.152
        y = 0.23 + 0.05 * math.sin(math.pi * x)
        light: Colour = (min(255, tone[0] + 50), min(255, tone[1] + 50), min(255, tone[2] + 50))
        box(pen, x - 0.045, y + 0.10, x + 0.045, y + 0.42, tone, 0.075)
        thumb = 0.052 if n % 2 else -0.052
        pen.ellipse(((x + thumb - 0.022) * W, (y + 0.16) * H, (x + thumb + 0.022) * W, (y + 0.32) * H), fill=tone)
        box(pen, x - 0.042, y + 0.01, x + 0.042, y + 0.12, light, 0.012)
        for stripe in range(3):
            box(pen, x - 0.034, y + 0.20 + stripe * 0.05, x + 0.034, y + 0.212 + stripe * 0.05, light)
        box(pen, x - 0.006, y - 0.03, x + 0.006, y + 0.05, (196, 160, 116), 0.004)
    return image


def mending() -> Image.Image:
    image = sky((236, 224, 204), (222, 200, 172))
    pen = ImageDraw.Draw(image)
    shape(pen, [(0.20, 0.22), (0.12, 0.72), (0.36, 0.72), (0.28, 0.22)], (250, 232, 176))
    shape(pen, [(0.19, 0.16), (0.29, 0.16), (0.33, 0.34), (0.15, 0.34)], (64, 104, 104))
    box(pen, 0.236, 0.34, 0.244, 0.68, (70, 60, 56))
    box(pen, 0.20, 0.66, 0.28, 0.70, (70, 60, 56), 0.01)
    box(pen, 0.41, 0.42, 0.64, 0.70, (146, 86, 60), 0.03)
    disc(pen, 0.475, 0.56, 0.09, (226, 200, 160))
    for ring in (0.07, 0.05, 0.03):
        disc(pen, 0.475, 0.56, ring, (146, 86, 60) if ring == 0.05 else (226, 200, 160))
    box(pen, 0.55, 0.47, 0.62, 0.53, (244, 226, 186), 0.008)
    disc(pen, 0.565, 0.62, 0.026, (70, 52, 46))
    disc(pen, 0.607, 0.62, 0.026, (70, 52, 46))
    pen.line([(0.60 * W, 0.42 * H), (0.68 * W, 0.20 * H)], fill=(70, 60, 56), width=9)
    disc(pen, 0.80, 0.575, 0.135, (178, 66, 56))
    box(pen, 0.735, 0.60, 0.865, 0.70, (178, 66, 56), 0.02)
    shape(pen, [(0.855, 0.55), (0.92, 0.47), (0.93, 0.49), (0.868, 0.63)], (178, 66, 56))
    disc(pen, 0.80, 0.43, 0.022, (70, 52, 46))
    box(pen, 0, 0.70, 1, 0.76, (132, 90, 62))
    box(pen, 0, 0.76, 1, 1, (104, 70, 50))
    return image


def trees() -> Image.Image:
    image = sky((236, 238, 214), (206, 224, 190))
    pen = ImageDraw.Draw(image)
    disc(pen, 0.16, 0.22, 0.09, (248, 214, 130))
    hill(pen, 0.60, 0.05, 2, 0.0, (166, 192, 140))
    hill(pen, 0.74, 0.04, 3, 1.2, (126, 164, 106))
    for x, y, size in ((0.24, 0.66, 0.17), (0.55, 0.60, 0.21), (0.83, 0.68, 0.15)):
        box(pen, x - 0.012, y - 0.02, x + 0.012, y + 0.16, (98, 72, 54))
        for dx, dy, r, tone in (
            (-0.055, -0.04, 0.72, (58, 108, 76)),
            (0.055, -0.05, 0.74, (70, 122, 82)),
            (0, -0.15, 0.86, (86, 140, 92)),
        ):
            disc(pen, x + dx, y + dy, size * r, tone)
    hill(pen, 0.88, 0.03, 2, 2.6, (92, 132, 84))
    path = [(W * (0.5 + 0.16 * math.sin(n / 9) * (n / 40)), H * (0.80 + 0.2 * n / 40)) for n in range(41)]
    for n, (x, y) in enumerate(path):
        r = 6 + n * 1.3
        pen.ellipse((x - r * 2, y - r / 2, x + r * 2, y + r / 2), fill=(238, 222, 182))
    return image


def letters() -> Image.Image:
    image = sky((196, 216, 232), (246, 234, 222))
    pen = ImageDraw.Draw(image)
    dice = random.Random(11)  # noqa: S311  (picture, not secrets)
    tones: list[Colour] = [(255, 252, 244), (246, 226, 196), (232, 206, 190), (214, 226, 226)]
    for n in range(13):
        x, y = 0.08 + (n % 5) * 0.2 + dice.uniform(-0.05, 0.05), 0.16 + (n // 5) * 0.29 + dice.uniform(-0.05, 0.05)
        w, h, angle = 0.055, 0.068, dice.uniform(-0.5, 0.5)

        def at(dx: float, dy: float, x: float = x, y: float = y, angle: float = angle) -> tuple[float, float]:
            px, py = dx * W, dy * H
            return (
                x + (px * math.cos(angle) - py * math.sin(angle)) / W,
                y + (px * math.sin(angle) + py * math.cos(angle)) / H,
            )

        shadow = [at(dx + 0.006, dy + 0.012) for dx, dy in ((-w, -h), (w, -h), (w, h), (-w, h))]
        shape(pen, shadow, (178, 190, 200))
        shape(pen, [at(-w, -h), at(w, -h), at(w, h), at(-w, h)], dice.choice(tones))
        pen.line([(a * W, b * H) for a, b in (at(-w, -h), at(0, 0.012), at(w, -h))], fill=(156, 132, 116), width=6)
        seal = at(0, 0.014)
        disc(pen, seal[0], seal[1], 0.012, (176, 62, 54))
    return image


def night_market() -> Image.Image:
    image = sky((34, 30, 62), (104, 58, 84))
    pen = ImageDraw.Draw(image)
    tones: list[Colour] = [(232, 92, 64), (246, 188, 82), (72, 154, 150), (226, 120, 132), (150, 188, 96)]
    for row in range(2):
        for n in range(9):
            x, y = 0.06 + n * 0.11 + row * 0.05, 0.17 + row * 0.17 + 0.05 * math.sin(n * 0.8 + row)
            tone = tones[(n + row * 2) % 5]
            pen.line([(x * W, 0), (x * W, y * H)], fill=(70, 56, 84), width=4)
            disc(pen, x, y, 0.058, tone)
            disc(pen, x, y, 0.030, (255, 232, 176))
    for n in range(5):
        x = 0.02 + n * 0.2
        for stripe in range(6):
            tone = tones[n] if stripe % 2 else (246, 236, 218)
            a, b = x + stripe * 0.027, x + (stripe + 1) * 0.027
            shape(pen, [(a + 0.012, 0.58), (b + 0.008, 0.58), (b, 0.70), (a, 0.70)], tone)
        box(pen, x + 0.006, 0.70, x + 0.156, 0.90, (88, 60, 66))
        box(pen, x, 0.79, x + 0.162, 0.83, (188, 138, 92))
        for fruit in range(6):
            disc(pen, x + 0.02 + fruit * 0.024, 0.775, 0.022, tones[(n + fruit) % 5])
    box(pen, 0, 0.90, 1, 1, (52, 42, 60))
    return image


def kites() -> Image.Image:
    image = sky((148, 200, 226), (240, 238, 216))
    pen = ImageDraw.Draw(image)
    hill(pen, 0.78, 0.05, 2, 0.4, (150, 186, 112))
    for x, y, size, tone, light, foot in (
        (0.26, 0.30, 0.15, (206, 72, 60), (238, 160, 110), (0.36, 0.86)),
        (0.54, 0.20, 0.12, (58, 108, 148), (150, 196, 214), (0.52, 0.88)),
        (0.78, 0.36, 0.13, (222, 162, 62), (250, 222, 150), (0.68, 0.86)),
    ):
        half = size * 0.62 * H / W
        line = []
        for n in range(31):
            part = n / 30
            line.append((W * (x + (foot[0] - x) * part), H * (y + size + (foot[1] - y - size) * part**1.6)))
        pen.line(line, fill=(98, 96, 96), width=4)
        shape(pen, [(x, y - size), (x + half, y - 0.02), (x, y + size), (x - half, y - 0.02)], tone)
        shape(pen, [(x, y - size), (x + half, y - 0.02), (x, y - 0.02)], light)
        shape(pen, [(x, y + size), (x - half, y - 0.02), (x, y - 0.02)], light)
    hill(pen, 0.88, 0.04, 3, 2.0, (112, 156, 88))
    return image


def radio() -> Image.Image:
    image = sky((42, 70, 82), (112, 142, 134))
    pen = ImageDraw.Draw(image)
    for n in range(6, 0, -1):
        tone = (52 + n * 12, 82 + n * 11, 94 + n * 8)
        disc(pen, 0.5, 0.56, 0.14 * n, tone)
        disc(pen, 0.5, 0.56, 0.14 * n - 0.012, (42 + n * 10, 72 + n * 10, 84 + n * 7))
    disc(pen, 0.5, 0.52, 0.27, (138, 82, 52))
    box(pen, 0.348, 0.52, 0.652, 0.80, (138, 82, 52), 0.02)
    disc(pen, 0.5, 0.50, 0.205, (232, 206, 156))
    for n in range(9):
        y = 0.34 + n * 0.04
        half = math.sqrt(max(0.0, 0.19**2 - (y - 0.50) ** 2)) * H / W
        box(pen, 0.5 - half, y - 0.008, 0.5 + half, y + 0.008, (176, 132, 84), 0.006)
    for x in (0.41, 0.5, 0.59):
        disc(pen, x, 0.75, 0.030, (62, 40, 34))
        disc(pen, x, 0.745, 0.018, (228, 190, 118))
    box(pen, 0, 0.80, 1, 1, (86, 56, 44))
    box(pen, 0, 0.80, 1, 0.825, (118, 80, 60))
    return image


def roof_garden() -> Image.Image:
    image = sky((250, 216, 164), (240, 178, 132))
    pen = ImageDraw.Draw(image)
    disc(pen, 0.82, 0.20, 0.10, (254, 240, 204))
    for x0, y0, x1, tone in (
        (0.00, 0.58, 0.24, (206, 150, 104)),
        (0.20, 0.66, 0.46, (190, 132, 90)),
        (0.42, 0.56, 0.70, (214, 160, 112)),
        (0.66, 0.64, 1.00, (196, 140, 98)),
    ):
        box(pen, x0, y0, x1, 1, tone)
        box(pen, x0, y0, x1, y0 + 0.025, (230, 186, 140))
        for n in range(int((x1 - x0) / 0.055)):
            x = x0 + 0.035 + n * 0.055
            pot = [(x - 0.014, y0 - 0.045), (x + 0.014, y0 - 0.045), (x + 0.010, y0), (x - 0.010, y0)]
            shape(pen, pot, (168, 84, 58))
            disc(pen, x, y0 - 0.075, 0.036, (78, 128, 82) if n % 2 else (104, 150, 90))
        box(pen, x0 + 0.08, y0 + 0.14, x0 + 0.12, y0 + 0.28, (112, 74, 58), 0.03)
    pen.line([(0.555 * W, 0.56 * H), (0.545 * W, 0.24 * H)], fill=(120, 84, 60), width=34)
    for n in range(9):
        angle = math.pi * (0.06 + n * 0.11)
        arc = [
            (W * 0.545 + 0.24 * H * t * math.cos(angle), H * (0.24 + 0.14 * t * t) - 0.20 * H * t * math.sin(angle))
            for t in (i / 12 for i in range(13))
        ]
        pen.line(arc, fill=(66, 116, 76) if n % 2 else (84, 138, 88), width=22, joint="curve")
    disc(pen, 0.537, 0.275, 0.020, (158, 84, 46))
    disc(pen, 0.556, 0.280, 0.020, (158, 84, 46))
    return image


def sea_letters() -> Image.Image:
    image = sky((186, 222, 226), (246, 236, 214))
    pen = ImageDraw.Draw(image)
    hill(pen, 0.50, 0.02, 5, 0.0, (132, 190, 196))
    bottle = Image.new("RGBA", (W, H), (0, 0, 0, 0))
    glass = ImageDraw.Draw(bottle)
    box(glass, 0.34, 0.42, 0.60, 0.64, (120, 170, 140), 0.09)
    box(glass, 0.58, 0.485, 0.70, 0.575, (120, 170, 140), 0.03)
    box(glass, 0.69, 0.475, 0.725, 0.585, (164, 112, 70), 0.012)
    box(glass, 0.38, 0.47, 0.55, 0.59, (250, 242, 220), 0.02)
    for n in range(4):
        box(glass, 0.40, 0.49 + n * 0.024, 0.53 - 0.02 * (n % 2), 0.496 + n * 0.024, (120, 130, 150))
    box(glass, 0.37, 0.435, 0.56, 0.45, (198, 226, 206), 0.007)
    turned = bottle.rotate(11, resample=Image.Resampling.BICUBIC, center=(W * 0.52, H * 0.53))
    image.paste(turned, (0, 0), turned)
    for n, tone in enumerate(((92, 162, 178), (62, 130, 154), (40, 100, 128))):
        hill(pen, 0.66 + n * 0.11, 0.022, 5 + n, n * 1.9, tone)
    return image


PICTURES: dict[str, list[Callable[[], Image.Image]]] = {
    "en": [night_ferry, library_bell, tide_clock, bread_oven, lighthouse, gloves, mending, trees, letters],
    "fa": [night_market, kites, radio, roof_garden, sea_letters],
}


def main() -> None:
    """Write each picture beside its article."""
    for folder, pictures in PICTURES.items():
        for picture in pictures:
            image = picture().resize(SIZE, Image.Resampling.LANCZOS)
            path = TARGET / folder / f"{picture.__name__.replace('_', '-')}.jpg"
            image.save(path, quality=80, optimize=True, progressive=True)


if __name__ == "__main__":
    main()
