"""Settings of a desk: types and limits. Values stand in defaults/desk.toml, each with unit and reason."""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from config.kinds import (
    Base64Key32,
    Base64Key1216,
    DeskId,
    FilePath,
    GpioPin,
    HostName,
    HttpsUrl,
    Name,
    PortNumber,
    SerialPort,
)


class Desk(Struct, frozen=True, forbid_unknown_fields=True):
    """Who this desk is. An empty id: not enrolled yet."""

    id: DeskId
    site: Name
    name: str
    line: Name
    language: Literal["en", "zh"]


class Audio(Struct, frozen=True, forbid_unknown_fields=True):
    driver: Literal["pyaudio", "wav_file"]
    device: str
    rate_hz: Literal[8000, 16000, 44100, 48000]
    channels: Literal[1, 2]
    codec: Literal["opus", "flac", "pcm_s16le"]
    opus_bitrate_bps: Annotated[int, Meta(ge=6_000, le=256_000)]
    opus_complexity: Annotated[int, Meta(ge=0, le=10)]
    preroll_s: Annotated[float, Meta(ge=0, le=5)]
    block_ms: Annotated[int, Meta(ge=20, le=500)]
    queue_s: Annotated[int, Meta(ge=2, le=300)]
    stereo_sides: Literal["mixed", "agent_left"]
    wav_path: FilePath

    def __post_init__(self) -> None:
        if self.stereo_sides == "agent_left" and self.channels == 1:
            raise ValueError('stereo_sides = "agent_left" needs channels = 2')
        if self.driver == "wav_file" and not self.wav_path:
            raise ValueError('driver = "wav_file" needs wav_path')


class Hook(Struct, frozen=True, forbid_unknown_fields=True):
    """`line`: the serial line interface tells the hook."""

    driver: Literal["gpio", "line", "disabled"]
    pin: GpioPin
    lifted_level: Literal["low", "high"]
    debounce_ms: Annotated[int, Meta(ge=0, le=500)]
    replaced_after_ms: Annotated[int, Meta(ge=100, le=5_000)]
    poll_ms: Annotated[int, Meta(ge=50, le=10_000)]


class LineInterface(Struct, frozen=True, forbid_unknown_fields=True):
    driver: Literal["disabled", "whozz_calling", "lineboard"]
    port: SerialPort

    def __post_init__(self) -> None:
        if self.driver != "disabled" and not self.port:
            raise ValueError(f'driver = "{self.driver}" needs port (see `offhook devices`)')


class Lamps(Struct, frozen=True, forbid_unknown_fields=True):
    driver: Literal["gpio", "disabled"]
    green_pin: GpioPin
    red_pin: GpioPin
    amber_pin: GpioPin
    amber_active: Literal["low", "high"]

    def __post_init__(self) -> None:
        if len({self.green_pin, self.red_pin, self.amber_pin}) < 3:
            raise ValueError("green_pin, red_pin and amber_pin must be three different pins")


class Board(Struct, frozen=True, forbid_unknown_fields=True):
    driver: Literal["raspberry_pi", "generic"]
    watchdog: Annotated[str, Meta(description="the watchdog's device path, or empty for none")]


class Clock(Struct, frozen=True, forbid_unknown_fields=True):
    driver: Literal["system"]


class Gpio(Struct, frozen=True, forbid_unknown_fields=True):
    """How gpiozero reaches the pins, for hook and lamps alike."""

    factory: Literal["lgpio", "pigpio", "mock"]
    pigpio_host: HostName
    pigpio_port: PortNumber


class Spool(Struct, frozen=True, forbid_unknown_fields=True):
    keep_days: Annotated[int, Meta(ge=0, le=3650)]
    low_percent: Annotated[int, Meta(ge=1, le=90)]
    critical_hours: Annotated[float, Meta(ge=0.1, le=1000)]


class Ledger(Struct, frozen=True, forbid_unknown_fields=True):
    checkpoint_s: Annotated[int, Meta(ge=10, le=3600)]


class Recipient(Struct, frozen=True, forbid_unknown_fields=True):
    """An archive key: recordings (`audio`), ledger details (`details`) or both are sealed to it."""

    name: Name
    public_key: Base64Key1216
    purpose: Literal["audio", "details", "both"]


class Replica(Struct, frozen=True, forbid_unknown_fields=True):
    """One vault: its broker, its address, its CA and the key that signs its receipts."""

    name: Name
    mqtt_host: HostName
    mqtt_port: PortNumber
    https_url: HttpsUrl
    ca_file: FilePath
    public_key: Base64Key32


class Health(Struct, frozen=True, forbid_unknown_fields=True):
    """Thresholds of the findings, each named by its code."""

    not_recording_s: Annotated[float, Meta(ge=1, le=60)]
    audio_missing_s: Annotated[float, Meta(ge=0.5, le=60)]
    audio_silent_s: Annotated[float, Meta(ge=1, le=600)]
    audio_silent_dbfs: Annotated[float, Meta(ge=-96, le=0)]
    vault_unreachable_s: Annotated[float, Meta(ge=1, le=86_400)]
    backlog_old_s: Annotated[float, Meta(ge=1, le=604_800)]
    process_restarted_s: Annotated[float, Meta(ge=1, le=86_400)]


class Keys(Struct, frozen=True, forbid_unknown_fields=True):
    """The desk's own keys: desk.pem (Ed25519), and for each replica <name>.key and <name>.crt (P-256)."""

    dir: Annotated[str, Meta(min_length=1, description="a folder; a relative one lies in state_dir")]


class DeskSettings(Struct, frozen=True, forbid_unknown_fields=True):
    state_dir: Annotated[str, Meta(min_length=1, extra={"kind": "path"}, description="a folder")]
    receipts_required: Annotated[int, Meta(ge=1, le=16)]
    desk: Desk
    audio: Audio
    hook: Hook
    line_interface: LineInterface
    lamps: Lamps
    board: Board
    clock: Clock
    gpio: Gpio
    spool: Spool
    ledger: Ledger
    health: Health
    keys: Keys
    recipients: tuple[Recipient, ...]
    replica: tuple[Replica, ...]

    def __post_init__(self) -> None:
        for table, names in (
            ("recipients", [item.name for item in self.recipients]),
            ("replica", [item.name for item in self.replica]),
        ):
            if len(set(names)) < len(names):
                raise ValueError(f"[[{table}]] has two entries of the same name")
        if self.hook.driver == "line" and self.line_interface.driver == "disabled":
            raise ValueError(
                'hook.driver = "line" needs line_interface.driver "whozz_calling" or "lineboard"'
            )
        taken = {self.lamps.green_pin, self.lamps.red_pin, self.lamps.amber_pin}
        if self.hook.driver == "gpio" and self.lamps.driver == "gpio" and self.hook.pin in taken:
            raise ValueError(f"hook.pin = {self.hook.pin} is one of the lamps' pins")

    @property
    def state_path(self) -> Path:
        """Holds spool/, ledger.sqlite3 and run/."""
        return Path(self.state_dir)

    @property
    def keys_path(self) -> Path:
        return self.state_path / self.keys.dir
