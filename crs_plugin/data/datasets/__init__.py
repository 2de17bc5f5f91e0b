"""The data sets, one a file, each registered as ``@register("dataset", …)``.

A data set is a function of keyword arguments that returns a ``FaceDataset``; its file also has an
``ABOUT``, which ``crs data list``, ``crs data inspect`` and error messages show. What reading needs
lies one folder above: ``roots`` finds the folder; ``class_folders``, ``label_tables``,
``label_lines``, ``coded_names`` and ``frame_sequences`` read labels, which ``label_names`` maps by
name; ``records`` collects what was read, and counts what was left out. ``crs_plugin.testing`` has
the contract that every data set is tested by.
"""
