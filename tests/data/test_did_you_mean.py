from crs_plugin.data.did_you_mean import did_you_mean


def test_the_nearest_known_word_is_suggested_or_none() -> None:
    assert did_you_mean("lable", ["path", "label"]) == " (did you mean 'label'?)"
    assert did_you_mean("zzz", ["path"]) == ""
