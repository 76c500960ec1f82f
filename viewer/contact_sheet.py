"""Many pictures on one."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

EDGE = 320  # pixels of a picture's longer side
LINE = 14  # pixels for its name


def contact_sheet(pictures: list[Image.Image], names: list[str]) -> Image.Image:
    """The pictures in rows, as square a sheet as they allow, each with its name below."""
    small = [picture.copy() for picture in pictures]
    for picture in small:
        picture.thumbnail((EDGE, EDGE))
    width, height = max(p.width for p in small), max(p.height for p in small) + LINE
    columns = min(len(small), max(1, round(math.sqrt(len(small) * height / width))))
    sheet = Image.new("RGB", (columns * width, -(-len(small) // columns) * height), "black")
    draw = ImageDraw.Draw(sheet)
    for i, (picture, name) in enumerate(zip(small, names)):
        x, y = i % columns * width, i // columns * height
        sheet.paste(picture, (x, y))
        draw.text((x + 4, y + height - LINE), name, fill="white")
    return sheet
