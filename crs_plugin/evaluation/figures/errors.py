"""Errors, one true class a row, each with what it was taken for."""

from crs_plugin.data.images import picture_of
from crs_plugin.evaluation.error_examples import ErrorExamples
from crs_plugin.evaluation.figures.drawing import Drawing, as_png

_SIDE, _GAP, _LINE = 96, 8, 17


def errors_sheet(name: str, examples: ErrorExamples) -> Drawing:
    """Draw the images, the true class at the left of a row, the answer under every image.

    Args:
        name: File name without suffix.
        examples: The errors.
    """
    from PIL import Image, ImageDraw, ImageFont

    font, small = ImageFont.load_default(13), ImageFont.load_default(11)
    words = [truth.replace(" ", "\n") for truth, _, _ in examples.rows]
    pen = ImageDraw.Draw(Image.new("L", (1, 1)))
    left = round(max(pen.multiline_textbbox((0, 0), word, font)[2] for word in words)) + 2 * _GAP
    height = _SIDE + 2 * _LINE + _GAP
    columns = max(len(taken_for) for _, _, taken_for in examples.rows)
    sheet = Image.new("RGB", (left + columns * (_SIDE + _GAP), height * len(words)), "white")
    pen = ImageDraw.Draw(sheet)
    for row, (word, (_, images, taken_for)) in enumerate(zip(words, examples.rows, strict=True)):
        top = row * height
        pen.multiline_text((_GAP, top + _SIDE // 2), word, "black", font, anchor="lm")
        for column, (image, answer) in enumerate(zip(images, taken_for, strict=True)):
            x = left + column * (_SIDE + _GAP)
            picture = picture_of(image).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
            sheet.paste(picture, (x, top))
            pen.multiline_text((x, top + _SIDE + 1), answer.replace(" ", "\n"), "black", small)
    described = "; ".join(f"{truth}: {', '.join(taken)}" for truth, _, taken in examples.rows)
    return Drawing(
        name=name,
        title=f"Errors on {examples.title}",
        alt=f"Test images by true expression, with what each was taken for. {described}.",
        png=as_png(sheet),
    )
