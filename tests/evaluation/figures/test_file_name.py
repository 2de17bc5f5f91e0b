from crs_plugin.evaluation.figures.file_name import file_name


def test_a_file_name_has_no_letter_that_a_path_could_trip_over() -> None:
    assert file_name("Wild → lab (basic)", "low resolution") == "wild_lab_basic_low_resolution"
    assert "/" not in file_name("a/b", "..")
