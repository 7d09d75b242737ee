"""Each kind of field refuses what is of another kind, and says where it stood."""

import pytest

from firmware.evidence import fields
from firmware.evidence.bodies import KINDS, check_body
from firmware.evidence.errors import FormatError

VALUES = [0, -1, "x", True, [], {}, "2026-11-22T08:00:00.123456Z", "sh01-d017/4", "0" * 64, "eA=="]
TAKES = {
    fields.text: ["x", *VALUES[6:]],
    fields.count: [0],
    fields.integer: [0, -1],
    fields.flag: [True],
    fields.time: VALUES[6:7],
    fields.call: VALUES[7:8],
    fields.sha256: VALUES[8:9],
    fields.base64: ["0" * 64, "eA=="],
    fields.array: [[]],
    fields.parts: [{}],
    fields.one_of("x", "y"): ["x"],
    fields.anything: VALUES,
}


@pytest.mark.parametrize("check", TAKES, ids=lambda check: check.__name__)
def test_a_check_takes_its_kind_only(check):
    for value in VALUES:
        taken = any(
            value is other or (value == other and type(value) is type(other)) for other in TAKES[check]
        )
        if taken:
            check(value)
        else:
            with pytest.raises(FormatError):
                check(value)


def test_where_it_stood_is_said():
    with pytest.raises(FormatError, match=r"ring body\.bursts: an integer from 0"):
        check_body("ring", {"bursts": -1, "first_at": "x", "last_at": "x"})
    with pytest.raises(FormatError, match="an object is expected"):
        check_body("off_hook", [])
    with pytest.raises(FormatError, match="thing: 'y' is not known"):
        fields.check_fields("thing", {"x": 1, "y": 2}, {"x": fields.count})
    with pytest.raises(FormatError, match="version 1"):
        fields.version("thing", True, 1)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_details_are_base64_in_any_body(kind):
    with pytest.raises(FormatError):
        check_body(kind, {"details": "110"})
