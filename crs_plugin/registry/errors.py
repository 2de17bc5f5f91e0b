"""What can go wrong with components."""


class RegistryError(ValueError):
    """A component cannot be registered or found; the message says which, where and what to do."""


class UnknownComponentError(RegistryError):
    """No component of that kind has that name."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion


class DuplicateComponentError(RegistryError):
    """Two components of one kind have the same name."""


class PluginError(RegistryError):
    """A plugin cannot be imported."""


class RefusedComponentError(RegistryError):
    """Another toolkit has that part, but it does not fit in here; the message says why."""


class MissingExtraError(RegistryError):
    """A component needs an optional dependency; the message has the line that installs it."""

    def __init__(self, name: str, extra: str) -> None:
        super().__init__(f"{name} needs an extra: pip install 'crs_plugin[{extra}]'")
        self.extra = extra
