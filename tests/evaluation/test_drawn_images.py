from crs_plugin.evaluation.drawn_images import drawn_images, images_to_test


def names(dataset) -> list[str]:
    return [dataset.images.name(index) for index in range(len(dataset))]


def test_the_test_split_is_tested_or_all_where_there_is_none(faces) -> None:
    split = faces([0, 1, 2, 3], ["train", "test"] * 2)
    assert names(images_to_test(split)) == ["patch 1", "patch 3"]
    whole = faces([0, 1, 2], "train")
    assert images_to_test(whole) is whole


def test_draws_keep_the_order_and_follow_from_the_seed(faces) -> None:
    whole = faces([0, 1] * 10)
    drawn = names(drawn_images(whole, 6, seed=3))
    assert drawn == sorted(drawn, key=lambda name: int(name.split()[1]))
    assert len(set(drawn)) == 6
    assert names(drawn_images(whole, 6, seed=3)) == drawn != names(drawn_images(whole, 6, seed=4))
    assert names(drawn_images(whole, 50, seed=3)) == names(whole)
