"""A desk's state folder with real spool and ledger, a recorder in slow motion, an agent in a thread."""

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from misbehaving_vault import MisbehavingVault

from config.load import load_desk
from drivers.clock.system import SystemClock
from firmware.evidence.entry import Entry
from firmware.evidence.keys import ArchivePrivateKey, ArchivePublicKey, SigningKey
from firmware.evidence.recording import AudioFormat, Header, encode_audio, encode_end
from firmware.evidence.sealing import RecordingSealer
from firmware.evidence.times import format_utc
from firmware.ledger.ledger import Ledger
from firmware.spool.spool import Spool
from firmware.status import AgentStatus, RecorderStatus, RecordingStatus, read_status, write_status
from sync.agent.agent import Stop
from sync.agent.main import Process

DESK = "sh01-d017"
PATIENCE_S = 30.0


def until(predicate: Callable[[], object], what: str = "") -> None:
    """Wait for something in a file that another thread writes."""
    ends = time.monotonic() + PATIENCE_S
    while not predicate():
        assert time.monotonic() < ends, f"never came true: {what}"
        time.sleep(0.01)


class Recording:
    """A running call: `grow` appends one second and syncs, as the recorder does, `finish` hangs up."""

    def __init__(self, desk: "DeskRig") -> None:
        self._desk = desk
        self.seq = desk.ledger.append("off_hook", {}).seq
        self.call = f"{desk.id}/{self.seq}"
        self._file = desk.spool.create(self.seq)
        header = Header(
            audio=AudioFormat(channels=1, codec="opus", frame_ms=20, rate_hz=8000),
            boot=desk.clock.boot_id,
            call=self.call,
            desk=desk.id,
            started=format_utc(datetime.now(UTC)),
        )
        self._sealer = RecordingSealer(header, desk.recipients)
        self.content = b""
        self.samples = 0
        self._append(self._sealer.intro)

    @property
    def frames(self) -> int:
        return self._sealer.frames

    def _append(self, data: bytes) -> None:
        self._file.append(data)
        self.content += data

    def grow(self, size: int = 3000) -> "Recording":
        """One second of about `size` bytes, in 50 packets; up to 1 MB."""
        packets = [os.urandom(size // 50)] * 50
        self._append(self._sealer.seal(encode_audio(self.samples, packets)))
        self._file.sync()
        self.samples += 8000
        self.tell()
        return self

    def tell(self) -> None:
        status = RecordingStatus(
            call=self.call,
            seq=self.seq,
            file=str(self._file.path),
            durable_bytes=len(self.content),
            durable_samples=0,
            grown_mono_ns=time.monotonic_ns(),
        )
        self._desk.recorder_says(state="talking", off_hook=True, call=self.call, recording=status)

    def finish(self) -> "Recording":
        self._desk.ledger.append("on_hook", {"call": self.call})
        summary = {"ended_by": "on_hook", "gaps": 0, "lost_samples": 0, "samples": self.samples}
        self._append(self._sealer.seal(encode_end(summary), last=True))
        self._file.finish()
        self.enter()
        self._desk.recorder_says(state="on_hook")
        return self

    def enter(self) -> Entry:
        now = format_utc(datetime.now(UTC))
        return self._desk.ledger.append(
            "recording",
            {
                "call": self.call,
                "sha256": hashlib.sha256(self.content).hexdigest(),
                "size": len(self.content),
                "frames": self.frames,
                "samples": self.samples,
                "lost_samples": 0,
                "gaps": 0,
                "started": now,
                "ended": now,
                "ended_by": "on_hook",
            },
        )


class DeskRig:
    """`vaults`: misbehaving ones. See `after_enrolment` for real ones."""

    def __init__(self, state: Path, vaults: list[MisbehavingVault], *, required: int | None) -> None:
        self.state, self.vaults, self.id = state, vaults, DESK
        self.spool = Spool(state)
        self.spool.prepare()
        self.keys = state / "keys"
        self.keys.mkdir(mode=0o700)
        self.key = SigningKey.generate()
        self.key.save(self.keys / "desk.pem")
        self.config = state / "desk.toml"
        self.config.write_text(self._settings(required or max(1, len(vaults))))
        self.recipients = [ArchivePrivateKey.generate().public]
        self._open()
        for vault in vaults:
            vault.know(DESK, self.key.public, self.keys)

    @classmethod
    def after_enrolment(cls, config: Path) -> "DeskRig":
        """The desk that the settings file, its keys and its ledger describe."""
        self = cls.__new__(cls)
        settings = load_desk(config)
        self.state, self.config, self.id = settings.state_path, config, settings.desk.id
        self.spool, self.keys, self.vaults = Spool(self.state), settings.keys_path, []
        self.spool.prepare()
        self.key = SigningKey.load(self.keys / "desk.pem")
        self.recipients = [
            ArchivePublicKey.from_base64(one.public_key)
            for one in settings.recipients
            if one.purpose != "details"
        ]
        self._open()
        return self

    def _open(self) -> None:
        self.clock = SystemClock()
        self.ledger = Ledger(self.state / "ledger.sqlite3", desk=self.id, clock=self.clock, key=self.key)
        self._started = time.monotonic_ns()

    def _settings(self, required: int) -> str:
        text = f'state_dir = "{self.state}"\nreceipts_required = {required}\n'
        text += f'[desk]\nid = "{DESK}"\nsite = "main"\n[board]\ndriver = "generic"\nwatchdog = ""\n'
        for vault in self.vaults:
            text += (
                f'[[replica]]\nname = "{vault.name}"\nmqtt_host = "127.0.0.1"\n'
                f'mqtt_port = {vault.broker.port}\nhttps_url = "{vault.url}"\n'
                f'ca_file = "{vault.pki.ca_file}"\npublic_key = "{vault.key.public.base64}"\n'
            )
        return text

    def call(self) -> Recording:
        return Recording(self)

    def recorder_says(self, **fields: object) -> None:
        now = time.monotonic_ns()
        status = RecorderStatus(
            pid=os.getpid(), boot=self.clock.boot_id, mono_ns=now, started_mono_ns=self._started, **fields
        )
        write_status(self.spool.layout.run, status)

    def kinds(self) -> list[str]:
        return [Entry.parse(raw).kind for raw in self.ledger.read(1, 10_000)]

    def status(self) -> AgentStatus | None:
        return read_status(self.spool.layout.run, AgentStatus)

    def error(self, replica: str) -> str:
        status = self.status()
        return status.replicas[replica].error if status and replica in status.replicas else ""

    def close(self) -> None:
        self.ledger.close()


class AgentRun:
    """The real agent, in a thread of this process."""

    def __init__(self, desk: DeskRig) -> None:
        self._process = Process(load_desk(desk.config), logging.getLogger("agent"))
        agent = self._process.open()
        self.clean: bool | None = None

        def body() -> None:
            self.clean = agent.run()

        self._thread = threading.Thread(target=body, daemon=True)
        self._thread.start()

    def stop(self) -> bool | None:
        """Drain and close; whether it ended cleanly."""
        if self._thread.is_alive():
            self._process.events.put(Stop())
            self._thread.join(PATIENCE_S)
            self._process.close()
        return self.clean
