"""Paths cut down to what fits above a picture."""


def short_path(path: str, letters: int) -> str:
    """Return the end of a path from a whole folder on, or else the two ends of the file's name.

    Args:
        path: The path, with slashes.
        letters: How long it may be; more than two.
    """
    if len(path) <= letters:
        return path
    steps = path.split("/")
    for start in range(1, len(steps)):
        ending = "/".join(["…", *steps[start:]])
        if len(ending) <= letters:
            return ending
    name = steps[-1]
    if len(name) <= letters:
        return name
    last = letters // 2
    return f"{name[: letters - last - 1]}…{name[-last:]}"
