# ruff: noqa: RUF001  # Chinese punctuation is what Chinese sentences are written with
"""What the verifier's findings mean, in English and Chinese, for people who do not know the format."""

from typing import Literal

Language = Literal["en", "zh"]

LANGUAGES: tuple[Language, ...] = ("en", "zh")

FINDINGS: dict[str, tuple[str, str]] = {
    "not_a_recording": (
        "This is not a sealed recording, or its first lines were changed: {fault}.",
        "这不是密封录音，或其开头已被改动：{fault}。",
    ),
    "structure_broken": (
        "The file's structure is broken: {fault}. The file was changed or damaged.",
        "文件结构已损坏：{fault}。文件被改动或损坏。",
    ),
    "structure_whole": ("All {frames} frames have their full length.", "全部 {frames} 帧长度完整。"),
    "torn": (
        "The file breaks off, as after a power cut: {bytes} bytes follow the last of {frames} whole frames.",
        "文件中断：{frames} 个完整帧之后还有 {bytes} 字节，如断电所致。",
    ),
    "name_differs": (
        "The file is named {name} but holds call {call}: files were swapped or renamed.",
        "文件名为 {name}，内容却是通话 {call}：文件被调换或改名。",
    ),
    "still_growing": (
        "The ledger has no entry for call {call} yet: the recording had not ended when this was copied.",
        "台账尚无通话 {call} 的记录：复制时录音尚未结束。",
    ),
    "not_in_ledger": (
        "The ledger of this desk knows no recording of call {call}: the file may not be the desk's.",
        "该坐席的台账中没有通话 {call} 的录音：此文件可能并非来自该坐席。",
    ),
    "ledger_differs": (
        "This is not the file that the desk entered for call {call} (entry {seq}); it differs in: {fields}.",
        "这不是坐席为通话 {call} 登记的录音（台账第 {seq} 条）；不同之处：{fields}。",
    ),
    "ledger_unsigned": (
        "The ledger of desk {desk} has this very file (entry {seq}), but no intact signature covers it.",
        "坐席 {desk} 的台账登记的正是此文件（第 {seq} 条），但没有完好的签名覆盖该条。",
    ),
    "ledger_agrees": (
        "Byte for byte the file that desk {desk} entered in its signed ledger (entry {seq}, key {key}).",
        "与坐席 {desk} 在已签名台账中登记的文件逐字节相同（第 {seq} 条，密钥 {key}）。",
    ),
    "receipt_differs": (
        "This is not the recording for which vault {vault} gave its receipt; it differs in: {fields}.",
        "这不是归档库 {vault} 出具回执的录音；不同之处：{fields}。",
    ),
    "receipt_agrees": (
        "Byte for byte the file that vault {vault} stored by {at}, by its signed receipt.",
        "与归档库 {vault} 于 {at} 前存入的文件逐字节相同，有其签名回执为证。",
    ),
    "signers_unconfirmed": (
        "It fits together, but no key from outside confirms who signed: give --desk-key or --vault-key.",
        "各项相互吻合，但没有外部密钥确认签名者：请提供 --desk-key 或 --vault-key。",
    ),
    "nothing_signed": (
        "Nothing signed was given to compare this file with: give the desk's ledger or a vault's receipt.",
        "没有可与此文件对照的签名材料：请提供坐席台账或归档库回执。",
    ),
    "incomplete": (
        "The recording breaks off, and nothing signed says that it should: how much is missing is not known.",
        "录音中断，且没有签名材料说明应当如此：缺失多少无从得知。",
    ),
    "not_opened": (
        "The sound was not listened to or opened: no archive key was given.",
        "未打开内容：没有提供归档密钥。",
    ),
    "sealed_to_others": (
        "This recording is not sealed to the given key ({key}): its contents were not checked.",
        "所给密钥（{key}）不在此录音的收件密钥之列：内容未检查。",
    ),
    "contents_wrong": (
        "After {frames} good frames the contents are wrong: {fault}.",
        "{frames} 个完好帧之后内容有误：{fault}。",
    ),
    "interrupted": (
        "The recording was interrupted, there is no end mark; {frames} frames with {seconds} s are intact.",
        "录音被中断，没有结束标记；{frames} 帧、{seconds} 秒声音完好。",
    ),
    "opened": (
        "Every one of {frames} frames opens and is in its place: {seconds} s, ended by {ended_by}.",
        "全部 {frames} 帧均可打开且次序无误：{seconds} 秒，结束原因 {ended_by}。",
    ),
    "gaps": (
        "The recorder itself marked where sound was lost: gaps {gaps}, {seconds} s in all.",
        "录音机自身标明 {gaps} 处缺失，共 {seconds} 秒。",
    ),
    "ledger_unreadable": (
        "The ledger cannot be read to its end: {fault}.",
        "台账无法读完：{fault}。",
    ),
    "ledger_empty": ("The ledger has no entry.", "台账为空。"),
    "chain_broken": (
        "The chain is broken: {fault}. Entries were changed, left out or put in (rule '{rule}').",
        "链条断裂：{fault}。条目被改动、删去或插入（规则“{rule}”）。",
    ),
    "chain_more": ("… and {count} more breaks.", "……另有 {count} 处断裂。"),
    "chain_whole": (
        "All {entries} entries follow one another without a gap, none was changed.",
        "全部 {entries} 条依次相连，无缺失，未被改动。",
    ),
    "chain_restarted": (
        "Entry {seq} begins a new chain: the old one's end ({head}) did not verify. Ask for the old file.",
        "自第 {seq} 条起坐席开始新链，因旧链末端（{head}）未通过核验：请索取坐席保存的旧文件。",
    ),
    "ledger_not_signed": (
        "No checkpoint signature could be checked: who wrote this ledger is not shown.",
        "没有可核验的检查点签名：无法证明台账由谁写成。",
    ),
    "ledger_signed_given": (
        "Signed by the desk's key {key}, which you gave, up to entry {seq}.",
        "由您提供的坐席密钥 {key} 签名，至第 {seq} 条。",
    ),
    "ledger_signed_itself": (
        "Signed up to entry {seq} by key {key}, named by the ledger itself: to be sure, give --desk-key.",
        "至第 {seq} 条由密钥 {key} 签名；该密钥由台账自身给出，请与登记资料核对，或使用 --desk-key。",
    ),
    "ledgers_agree": (
        "The same as {path} in all {entries} entries that both have.",
        "与 {path} 共有的 {entries} 条全部相同。",
    ),
    "ledgers_differ": (
        "From entry {seq} on it differs from {path}: one of the two was rewritten.",
        "自第 {seq} 条起与 {path} 不同：两者之一被改写。",
    ),
    "unsigned_tail": (
        "The last {count} entries come after the last signature.",
        "最后 {count} 条在末次签名之后。",
    ),
    "unaccounted": (
        "{count} off-hooks have neither a recording nor a reason why there is none (entries {calls}).",
        "{count} 次摘机既无录音也无未录原因（第 {calls} 条）。",
    ),
    "call_running": (
        "The ledger ends within a call (entry {seq}): its recording had not been entered yet.",
        "台账止于一次通话之中（第 {seq} 条）：其录音尚未登记。",
    ),
    "recording_missing": (
        "The recording of call {call} is in the ledger but not in the given folders.",
        "台账中有通话 {call} 的录音，所给文件夹中却没有。",
    ),
    "missing_more": ("… and {count} more recordings are missing.", "……另缺 {count} 个录音。"),
    "recordings_not_given": (
        "The ledger names {count} recordings that were not given.",
        "台账所列录音中有 {count} 个未提供。",
    ),
    "receipt_malformed": ("This is not a receipt: {fault}.", "这不是回执：{fault}。"),
    "receipt_key_unknown": (
        "Signed by key {key}, which is not known to be vault {vault}'s: give it with --vault-key.",
        "由密钥 {key} 签名，但不知其是否属于归档库 {vault}：请用 --vault-key 提供。",
    ),
    "receipt_other_vault": (
        "The receipt names vault {vault}, but the signing key is that of vault {name}.",
        "回执写的是归档库 {vault}，签名密钥却属于 {name}。",
    ),
    "receipt_forged": (
        "The signature of vault {vault} does not hold: {fault}. The receipt was changed or forged.",
        "归档库 {vault} 的签名不成立：{fault}。回执被改动或伪造。",
    ),
    "receipt_signed_given": (
        "Signed by vault {vault} with key {key}, which you gave: it held the recording at {at}.",
        "由归档库 {vault} 以您提供的密钥 {key} 签名：其于 {at} 持有该录音。",
    ),
    "receipt_signed_enrolled": (
        "Signed by vault {vault} with key {key}, which the desk enrolled: it held the recording at {at}.",
        "由归档库 {vault} 以坐席登记的密钥 {key} 签名：其于 {at} 持有该录音。",
    ),
    "receipt_contradicts": (
        "It states another file than the desk's ledger (entry {seq}); they differ in: {fields}.",
        "与坐席台账（第 {seq} 条）所述文件不同；不同之处：{fields}。",
    ),
    "receipt_matches_ledger": (
        "It states the very file that the desk's ledger states (entry {seq}).",
        "与坐席台账（第 {seq} 条）所述为同一文件。",
    ),
    "receipt_alone": (
        "The recording of call {call} was not given with it.",
        "未一并提供通话 {call} 的录音。",
    ),
    "not_evidence": ("Not looked at: {fault}.", "未检查：{fault}。"),
}

WORDS: dict[str, tuple[str, str]] = {
    "file": ("File", "文件"),
    "what": ("What it is", "内容"),
    "whole": ("Whole?", "完整？"),
    "signed_by": ("Signed by", "签名方"),
    "sha256": ("SHA-256", "SHA-256"),
    "verdict": ("Verdict", "结论"),
    "means": ("What it means", "含义"),
    "recording": ("sealed recording", "密封录音"),
    "ledger": ("ledger of desk", "坐席台账"),
    "receipt": ("receipt for", "回执"),
    "other": ("not evidence", "非证据"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "interrupted": ("interrupted", "中断"),
    "unknown": ("not shown", "未能证明"),
    "good": ("genuine", "真实"),
    "notice": ("genuine, see remarks", "真实，有说明"),
    "unconfirmed": ("consistent, not confirmed", "相互吻合，未经确认"),
    "not_checked": ("not checked", "未核验"),
    "incomplete": ("incomplete", "不完整"),
    "not_looked_at": ("not looked at", "未检查"),
    "wrong": ("not as recorded", "与原记录不符"),
    "title": ("Evidence checked by Offhook", "Offhook 证据核验"),
    "all_good": (
        "All {count} things that were looked at are as they were recorded.",
        "已查的 {count} 项均与原记录一致。",
    ),
    "some_unconfirmed": (
        "Nothing was found wrong in {count} things; for {unconfirmed} of them, who signed is not confirmed.",
        "{count} 项中未发现问题；其中 {unconfirmed} 项的签名者未经确认。",
    ),
    "some_open": (
        "Nothing was found wrong, but {open} of {count} could not be checked or are incomplete.",
        "未发现问题，但 {count} 项中有 {open} 项未能核验或不完整。",
    ),
    "some_wrong": (
        "{wrongs} of {count} things are not as they were recorded.",
        "{count} 项中有 {wrongs} 项与原记录不符。",
    ),
    "hidden": (
        "{hidden} more are genuine and not shown here; --all shows them.",
        "另有 {hidden} 项真实，此处未列；--all 可全部列出。",
    ),
    "nothing": ("Nothing to verify was found there.", "未找到可核验的内容。"),
    "progress": ("Reading", "读取"),
}


def sentence(code: str, values: dict[str, str | int], language: Language) -> str:
    """A finding as a sentence."""
    return FINDINGS[code][LANGUAGES.index(language)].format(**values)


def word(name: str, language: Language) -> str:
    return WORDS[name][LANGUAGES.index(language)]
