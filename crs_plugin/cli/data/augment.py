"""``crs data augment``."""

from pathlib import Path

import click

from crs_plugin.cli.completion import recipes
from crs_plugin.cli.data.picture_file import check_picture_file
from crs_plugin.cli.set_option import set_option


@click.command("augment", epilog="Example: crs data augment crs_cont_resnet18 --output sheet.png")
@click.argument("recipe", metavar="FILE_OR_NAME", shell_complete=recipes)
@set_option()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("augmented.png"),
    show_default=True,
    help="The picture, .png or .jpg.",
)
@click.option(
    "--images",
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    help="How many images are shown, a row each.",
)
@click.option(
    "--draws",
    type=click.IntRange(1, 12),
    default=4,
    show_default=True,
    help="How often each is augmented anew.",
)
@click.option(
    "--component",
    metavar="NAME",
    help="Only this augmentation, such as kornia/RandomErasing, on the images as they are decoded:"
    " with the recipe's options if the recipe has it, else with its defaults.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    help="Of the choice of images and of the draws [default: the recipe's].",
)
def command(
    recipe: str,
    overrides: tuple[str, ...],
    output: Path,
    images: int,
    draws: int,
    component: str | None,
    seed: int | None,
) -> None:
    """Write a picture of what a recipe's augmentation makes of its images.

    A row is an image of the pre-training data, as it is decoded, beside several draws of its views
    as the network sees them. If you cannot name the expression there, nor can the network.
    """
    check_picture_file(output)
    from crs_plugin.data.decoding import decode
    from crs_plugin.evaluation.figures.views import views_picture
    from crs_plugin.files import atomic_path
    from crs_plugin.recipe import load_recipe
    from crs_plugin.recipe.pretraining_data import pretraining_data
    from crs_plugin.runs.shown_views import one_augmentation, shown_images, shown_views

    loaded = load_recipe(recipe, overrides)
    seed = loaded.seed if seed is None else seed
    whole = loaded.augmentation.build()
    name = component or loaded.augmentation.name
    spec, augmentation = one_augmentation(loaded, name)
    with atomic_path(output) as temporary:
        faces = pretraining_data(loaded, loaded.source()).dataset
        faces = faces.take(shown_images(faces.fine, images, seed))
        pixels = decode(faces, loaded.training.decoded_size(whole.size))
        views = shown_views(spec, augmentation, pixels, faces.fine, draws=draws, seed=seed)
        views_picture(views).save(temporary)
    height, width = views.draws[0][0].shape[2:]
    click.echo(
        f"{name}, seed {seed}: {len(faces)} images of {faces.name}, {draws} draws of"
        f" {len(views.draws[0])} × {width}×{height} px"
    )
    click.echo(f"wrote {output}")
