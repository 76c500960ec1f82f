"""A legend drawn into a picture that is saved; the window draws its own over the picture."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

from viewer.colours import Legend

FONT = 13  # pixels
BAR = 260, 10
MARGIN, PAD = 8, 7
BACK = (16, 17, 20, 215)
TEXT = (235, 237, 240)


def with_legend(picture: Image.Image, legend: Legend | None) -> Image.Image:
    """The picture with the legend in its lower left corner; as it is where it is too small for one to be read."""
    font = ImageFont.load_default(FONT)
    if legend is None:
        return picture
    width = max(BAR[0] + 2 * FONT, round(font.getlength(legend.title))) + 2 * PAD
    height = 2 * (FONT + 4) + BAR[1] + 2 * PAD
    if picture.width < width + 2 * MARGIN or picture.height < 4 * height:
        return picture
    box = Image.new("RGBA", (width, height), BACK)
    draw = ImageDraw.Draw(box)
    draw.text((PAD, PAD - 2), legend.title, TEXT, font)
    left, top = PAD + FONT, PAD + FONT + 4
    bar = Image.new("RGB", (len(legend.bar), 1))
    bar.putdata(legend.bar)
    box.paste(bar.resize(BAR, Image.Resampling.NEAREST), (left, top))
    for place, text in legend.ticks:
        x = left + place * (BAR[0] - 1)
        draw.line((x, top + BAR[1], x, top + BAR[1] + 3), TEXT)
        draw.text((x, top + BAR[1] + 2), text, TEXT, font, anchor="ma")
    result = picture.convert("RGB")
    result.paste(box, (MARGIN, picture.height - MARGIN - height), box)
    return result
