"""What is done with a recipe: runs, and their folders and reports.

``preparing`` opens the data, looks for ``leaks`` and has the network built; ``running`` trains in a
``run_folder`` and evaluates, with ``followers`` where several processes train together; and
``reporting`` gathers what is told of it. ``evaluating`` evaluates an encoder without training,
``sweeping`` does many runs.
"""
