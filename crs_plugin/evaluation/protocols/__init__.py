"""The evaluations, one a file, each registered as ``@register("evaluation", …)``.

An evaluation is given an ``EvaluationContext`` and returns an ``EvaluationResult``. It has

- ``check(context)``, which opens its data and raises before hours of training what would fail then;
- ``__call__(context)``, which measures every encoder of the context, the references alike;
- ``test_parts(context)``, the images it tests, so that leaks from pre-training are looked for;
  without it the report says that nobody looked. With ``unseen_persons = True`` a person on both
  sides is a leak as well.

What several share lies one folder above: ``probe_data`` and ``probe_source`` divide data,
``probe_fit`` fits the classifier, ``scored_target`` and ``mean_estimate`` make figures with
intervals, ``crs_plugin.evaluation.figures`` draws.
"""
