"""DIR/asound.conf: all that libasound shall know, given by ALSA_CONFIG_PATH instead of the system's own."""

from pathlib import Path

TEMPLATE = """\
# Made by the virtual desk. PortAudio aborts without a `default` PCM (PortAudio #294).
pcm_type.offhook {{ lib "{library}" }}
pcm.default {{ type null }}
pcm."{name}" {{
  type offhook
  file "{memory}"
  hint {{ show on description "Offhook virtual sound card" }}
}}
"""


def write_asound_conf(path: Path, *, name: str, memory: Path, library: Path) -> None:
    """`name` is what PortAudio lists; a colon or quote in it would end it (ValueError)."""
    if not name or set(name) & set(':"\\{}'):
        raise ValueError(f'card name {name!r}: must not be empty or contain : " \\ {{ }}')
    path.write_text(TEMPLATE.format(library=library, name=name, memory=memory))
