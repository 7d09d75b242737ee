"""Errors of settings.

ConfigError
"""


class ConfigError(Exception):
    """A settings file cannot be used; `problems` are sentences, each with file and key path."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
