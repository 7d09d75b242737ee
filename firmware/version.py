"""The version of this distribution, said once; pyproject.toml reads it from here.

Not from importlib.metadata, which costs a process that runs for months 4 MB (e-mail, CSV and ZIP parsers).
"""

VERSION = "0.1.0"
