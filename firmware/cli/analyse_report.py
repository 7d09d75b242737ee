"""What was found, as one JSON object: times in seconds from the file's beginning."""

from collections.abc import Sequence
from typing import Any

from firmware.line.analyse import Analysis
from firmware.line.blocks import SAMPLE_RATE_HZ
from firmware.line.caller_id import CallerId
from firmware.line.hook import Event as EdgeEvent
from firmware.line.hook import HookEvent, PulseDigit
from firmware.line.levels import Levels


def report_of(analysis: Analysis | None, edges: Sequence[EdgeEvent] | None) -> dict[str, Any]:
    """Of a file, of hook edges, or of both."""
    report: dict[str, Any] = _of_audio(analysis) if analysis else {"digits": []}
    if edges is not None:
        pulses = [_pulse(event) for event in edges if isinstance(event, PulseDigit)]
        report["digits"] = sorted([*report["digits"], *pulses], key=lambda digit: digit["t0"])
        report["hook"] = [_hook(event) for event in edges if isinstance(event, HookEvent)]
    return report


def _of_audio(analysis: Analysis) -> dict[str, Any]:
    outcome = analysis.outcome
    return {
        "seconds": _seconds(analysis.samples),
        "line": analysis.line,
        "lines": list(analysis.lines),
        "digits": [
            {
                "digit": digit.digit,
                "t0": _seconds(digit.start_sample),
                "t1": _seconds(digit.end_sample),
                "level_dbfs": round(digit.level_dbfs, 1),
                "twist_db": round(digit.twist_db, 1),
                "confidence": digit.confidence / 1000,
            }
            for digit in analysis.digits
        ],
        "caller_id": [_caller_id(one) for one in analysis.caller_id],
        "tones": [
            {
                "kind": tone.kind,
                "t0": _seconds(tone.start_sample),
                "t1": _seconds(tone.end_sample),
                "hz": list(tone.hz),
                "level_dbfs": round(tone.level_dbfs, 1),
                "purity": tone.share,
                "confidence": tone.confidence / 1000,
            }
            for tone in analysis.tones
        ],
        "stretches": [
            {"kind": one.kind, "t0": _seconds(one.start_sample), "t1": _seconds(one.end_sample)}
            for one in analysis.stretches
        ],
        "outcome": outcome.outcome if outcome else None,
        "outcome_evidence": outcome.evidence if outcome else None,
        "outcome_confidence": outcome.confidence / 1000 if outcome else None,
        "answer_t": _optional(outcome.answered_sample if outcome else None),
        "released_t": _optional(outcome.released_sample if outcome else None),
        "levels": _levels(analysis.levels),
    }


def _caller_id(one: CallerId) -> dict[str, Any]:
    return {
        "number": one.number,
        "name": one.name,
        "time": one.time,
        "reason": one.reason,
        "checksum_ok": one.checksum_ok,
        "kind": one.kind,
        "source": one.source,
        "t": _seconds(one.end_sample),
        "t0": _seconds(one.start_sample),
        "raw": one.raw.hex(),
        "parameters": [[key, value.hex()] for key, value in one.parameters],
        "confidence": one.confidence / 1000,
    }


def _levels(levels: Levels) -> dict[str, Any]:
    return {
        "rms_dbfs": round(levels.rms_dbfs, 1),
        "peak_dbfs": round(levels.peak_dbfs, 1),
        "noise_dbfs": round(levels.noise_dbfs, 1),
        "dc": round(levels.dc, 5),
        "clipped_samples": levels.clipped,
        "silent_s": round(levels.silent_s, 1),
        "frozen_s": round(levels.frozen_s, 1),
        "hum_hz": levels.hum_hz,
        "hum_db": round(levels.hum_db, 1),
    }


def _pulse(event: PulseDigit) -> dict[str, Any]:
    return {
        "digit": event.digit,
        "t0": round(event.start_s, 3),
        "t1": round(event.end_s, 3),
        "level_dbfs": None,
        "twist_db": None,
        "confidence": event.confidence / 1000,
    }


def _hook(event: HookEvent) -> dict[str, Any]:
    kind = event.kind.replace("_", "")
    return {"kind": kind, "t": round(event.at_s, 3), "confidence": event.confidence / 1000}


def _seconds(sample: int) -> float:
    return round(sample / SAMPLE_RATE_HZ, 4)


def _optional(sample: int | None) -> float | None:
    return None if sample is None else _seconds(sample)
