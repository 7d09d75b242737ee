"""All areas in the order of the path: settings, devices, processes, disk, ledger, clock, network."""

from collections.abc import Iterator

from config.desk import DeskSettings
from drivers.clock import Clock
from firmware.cli.desk_report import report
from firmware.cli.examination import chain, devices, disk, keys, network, processes, time
from firmware.cli.examination.item import Item
from firmware.spool.layout import Layout
from firmware.status import AgentStatus, PanelStatus, RecorderStatus, StatusT, read_status


def examine(settings: DeskSettings, clock: Clock) -> Iterator[Item]:
    """Item after item as it is found; takes some seconds, most of them for the sound card."""
    found = report(settings, clock)
    live = {line.name for line in found.processes if line.state == "runs"}

    def said(kind: type[StatusT]) -> StatusT | None:
        name = kind.file_name.removesuffix(".json")
        return read_status(Layout(settings.state_path).run, kind) if name in live else None

    yield from keys.examine(settings)
    yield from devices.examine(settings, said(RecorderStatus), said(PanelStatus))
    yield from processes.examine(found)
    yield from disk.examine(settings)
    yield from chain.examine(settings)
    yield from time.examine(clock)
    yield from network.examine(settings, clock, said(AgentStatus))
