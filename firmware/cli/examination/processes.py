"""Do the three processes run?"""

from collections.abc import Iterator

from firmware.cli.desk_report import DeskReport
from firmware.cli.examination.item import Item, fail, ok, warn

WORDS = {"never": "has not run since the machine started", "gone": "has died", "silent": "hangs"}


def examine(found: DeskReport) -> Iterator[Item]:
    for line in found.processes:
        if line.state == "runs":
            yield ok("processes", line.name, f"runs, pid {line.pid}")
        else:
            yield fail(
                "processes", line.name, f"it {WORDS[line.state]}", f"systemctl restart offhook-{line.name}"
            )
    for finding in found.findings:
        make = fail if finding.severity == "critical" else warn
        yield make("findings", finding.code, finding.detail or finding.code, finding.text_en)
