from crs_plugin.did_you_mean import did_you_mean, did_you_mean_clause


def test_a_near_word_is_suggested():
    assert did_you_mean("lable", ["path", "label"]) == " (did you mean 'label'?)"
    assert did_you_mean_clause("lable", ["path", "label"], ".") == "; did you mean 'label'?"


def test_a_far_word_is_not():
    assert did_you_mean("zzz", ["path"]) == ""
    assert did_you_mean_clause("zzz", ["path"]) == ""
    assert did_you_mean_clause("zzz", ["path"], ".") == "."
