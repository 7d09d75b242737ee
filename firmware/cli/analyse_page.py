"""The report of `offhook analyse` for people, in English or Chinese."""

from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

WORDS = {
    "at": ("at", "时刻"),
    "what": ("what", "内容"),
    "detail": ("detail", "详情"),
    "digits": ("digits", "拨号"),
    "caller_id": ("caller id", "来电显示"),
    "damaged": ("damaged, not to be used", "已损坏, 不可采用"),
    "withheld": ("withheld", "号码保密"),
    "unavailable": ("number not available", "号码不可用"),
    "waiting": ("message waiting", "留言提示"),
    "dial": ("dial tone", "拨号音"),
    "ringback": ("ringback", "回铃音"),
    "busy": ("busy tone", "忙音"),
    "congestion": ("congestion tone", "拥塞音"),
    "unobtainable": ("number unobtainable tone", "空号音"),
    "howler": ("howler", "催挂音"),
    "talk": ("talk", "通话"),
    "ring": ("ringing", "振铃"),
    "offhook": ("off-hook", "摘机"),
    "onhook": ("on-hook", "挂机"),
    "flash": ("hook flash", "拍叉"),
    "outcome": ("Outcome", "结果"),
    "answered": ("answered", "已接通"),
    "was_busy": ("busy", "对方忙"),
    "was_congestion": ("congestion", "线路拥塞"),
    "was_unobtainable": ("number unobtainable", "空号"),
    "no_answer": ("no answer", "无人接听"),
    "unknown": ("not known", "未知"),
    "network": ("Network", "网络"),
    "levels": ("Levels", "电平"),
    "answered_at": ("answered at", "接通于"),
    "released_at": ("far end released at", "对方挂机于"),
    "noise": ("noise", "噪声"),
    "peak": ("peak", "峰值"),
    "clipped": ("clipped samples", "削波采样"),
    "hum": ("hum", "交流声"),
    "nothing": ("Nothing was found.", "未发现任何信号。"),
    "confidence": ("confidence", "置信度"),
}
JOIN_S = 1.5  # digits nearer than this stand in one row


def page(report: dict[str, Any], language: str) -> RenderableType:
    """All that was found in order of time, and below it what became of the call."""
    rows = sorted(_rows(report, language), key=lambda row: row[0])
    parts: list[RenderableType] = [_table(rows, language) if rows else Text(_word("nothing", language))]
    if "outcome" in report:
        parts += [Text(line) for line in _summary(report, language)]
    return Group(*parts)


def _table(rows: list[tuple[float, str, str]], language: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("at", "what", "detail"):
        table.add_column(_word(name, language), justify="right" if name == "at" else "left")
    for at, what, detail in rows:
        table.add_row(f"{at:.2f} s", escape(what), escape(detail))
    return table


def _rows(report: dict[str, Any], language: str) -> list[tuple[float, str, str]]:
    rows = [_digits_row(group, language) for group in _groups(report["digits"])]
    caller, tones = report.get("caller_id", []), report.get("tones", [])
    rows += [(one["t0"], _word("caller_id", language), _caller(one, language)) for one in caller]
    rows += [(tone["t0"], _word(tone["kind"], language), _tone(tone)) for tone in tones]
    stretches, hook = report.get("stretches", []), report.get("hook", [])
    rows += [(one["t0"], _word(one["kind"], language), f"{one['t1'] - one['t0']:.1f} s") for one in stretches]
    rows += [(event["t"], _word(event["kind"], language), "") for event in hook]
    return rows


def _tone(tone: dict[str, Any]) -> str:
    hz = " + ".join(f"{hertz:.0f}" for hertz in tone["hz"])
    return f"{tone['t1'] - tone['t0']:.1f} s  {hz} Hz  {tone['level_dbfs']} dBFS"


def _groups(digits: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    groups: list[list[dict[str, Any]]] = []
    for digit in digits:
        if groups and digit["t0"] - groups[-1][-1]["t1"] <= JOIN_S:
            groups[-1].append(digit)
        else:
            groups.append([digit])
    return groups


def _digits_row(group: list[dict[str, Any]], language: str) -> tuple[float, str, str]:
    return group[0]["t0"], _word("digits", language), "".join(digit["digit"] for digit in group)


def _caller(one: dict[str, Any], language: str) -> str:
    if one["checksum_ok"] is False:
        return f"{_word('damaged', language)}  {one['raw']}"
    who = " ".join(part for part in (one["number"], one["name"]) if part)
    if not who and one["kind"].endswith("waiting"):
        who = _word("waiting", language)
    if not who:
        who = _word("withheld" if one["reason"] == "P" else "unavailable", language)
    return f"{who}  {one['time'] or ''}  {one['source']} {one['kind']}".replace("    ", "  ")


def _summary(report: dict[str, Any], language: str) -> list[str]:
    key = report["outcome"] or "unknown"
    outcome = _word(f"was_{key}" if f"was_{key}" in WORDS else key, language)
    if report["outcome"]:
        outcome += f" ({_word('confidence', language)} {report['outcome_confidence']:.2f})"
    if report["answer_t"] is not None:
        outcome += f", {_word('answered_at', language)} {report['answer_t']:.2f} s"
    if report["released_t"] is not None:
        outcome += f", {_word('released_at', language)} {report['released_t']:.2f} s"
    network = ", ".join(report["lines"]) or _word("unknown", language)
    return [
        "",
        f"{_word('outcome', language)}: {outcome}",
        f"{_word('network', language)}: {network}",
        _levels(report["levels"], language),
    ]


def _levels(levels: dict[str, Any], language: str) -> str:
    values = {
        "peak": levels["peak_dbfs"],
        "noise": levels["noise_dbfs"],
        "clipped": levels["clipped_samples"],
        "hum": f"{levels['hum_db']} dB",
    }
    rest = ", ".join(f"{_word(name, language)} {value}" for name, value in values.items())
    return f"{_word('levels', language)}: {levels['rms_dbfs']} dBFS, {rest}"


def _word(key: str, language: str) -> str:
    return WORDS[key][1 if language == "zh" else 0]
