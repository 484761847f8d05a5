"""Put the pictures of the walks together.

    python docs/walk_pictures.py SHOTS [docs/images [-en]]

``SHOTS`` is what ``JINGGE_SHOTS=SHOTS pytest tests/api/phone/test_phone_walk.py`` has written; with
``JINGGE_SHOTS_LANG=en`` in English, whose pictures get ``-en`` after their names. Each walk becomes
one strip of its steps, WebP below 60 kB.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

STRIPS = {
    "walk-task": ("1-log-in", "2-nearest", "3-signed-up", "4-due", "5-checked-in", "6-points"),
    "walk-alert": (
        *("7-called", "8-alert", "9-declined", "10-0-accepted", "10-1-on-the-way", "10-2-arrived"),
    ),
    "walk-tip": ("11-tip", "12-tip-sent", "15-gift", "17-fetched"),
    "walk-queue": ("13-queue",),
    "walk-case": ("14-case",),
    "walk-counter": ("16-counter",),
    "officer-phone": ("20-officer-today",),
    "officer-live": ("21-live",),
    "officer-people": ("24-people",),
}
GAP = 12
MOST_BYTES = 60_000


def strip(files: list[Path]) -> Image.Image:
    """Put pictures of one height side by side."""
    pictures = [Image.open(file).convert("RGB") for file in files]
    width = sum(one.width for one in pictures) + GAP * (len(pictures) - 1)
    made = Image.new("RGB", (width, pictures[0].height), "#c9c6bd")
    left = 0
    for one in pictures:
        made.paste(one, (left, 0))
        left += one.width + GAP
    made.thumbnail((1600, 1600), Image.Resampling.LANCZOS)
    return made


def main(shots: Path, images: Path, ending: str) -> None:
    """Write the strips."""
    for name, steps in STRIPS.items():
        made = strip([shots / f"walk-{step}.png" for step in steps])
        out = images / f"{name}{ending}.webp"
        for quality in (80, 70, 60, 50, 40, 30):
            made.save(out, "WEBP", quality=quality, method=6)
            if out.stat().st_size < MOST_BYTES:
                break
        print(out, made.size, out.stat().st_size)


if __name__ == "__main__":
    given = [*sys.argv[1:], *("docs/images", "")[len(sys.argv) - 2 :]]
    main(Path(given[0]), Path(given[1]), given[2])
