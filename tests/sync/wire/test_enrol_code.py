import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.wire.enrol import EnrolCode, EnrolRequest, decode_answer, decode_request, fingerprint, parse_code
from sync.wire.errors import WireError

CODES = st.builds(
    EnrolCode,
    token=st.binary(min_size=16, max_size=16),
    ca_fingerprint=st.binary(min_size=10, max_size=10),
)


@given(CODES)
def test_a_code_is_read_however_it_was_typed(code: EnrolCode) -> None:
    text = str(code)
    assert parse_code(text) == code
    assert parse_code(f"  {text.lower().replace('-', ' ')}\n") == code
    assert parse_code(text.replace("O", "0").replace("I", "1").replace("B", "8")) == code


@given(CODES, st.integers(0, 48), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_a_wrong_letter_is_another_code_or_refused(code: EnrolCode, at: int, letter: str) -> None:
    text = str(code)
    if at >= len(text) or text[at] in ("-", letter):
        return
    with contextlib.suppress(WireError):
        assert parse_code(text[:at] + letter + text[at + 1 :]) != code


@pytest.mark.parametrize("text", ["", "ABC", "A" * 41, "A" * 43, "A" * 41 + "9", "A" * 41 + "B"])
def test_what_cannot_be_a_code_is_refused(text: str) -> None:
    with pytest.raises(WireError, match="enrolment code"):
        parse_code(text)


def test_the_code_pins_the_ca_and_hides_its_token() -> None:
    code = EnrolCode(token=b"t" * 16, ca_fingerprint=fingerprint(b"der"))
    assert code.matches_ca(b"der")
    assert not code.matches_ca(b"dex")
    assert "t" * 8 not in repr(code)
    assert len(code.token_hash()) == 64


def test_requests_are_strict() -> None:
    assert decode_request(b'{"code":"c","desk_public_key":"k","csr":"p"}') == EnrolRequest("c", "k", "p")
    with pytest.raises(WireError, match="extra"):
        decode_request(b'{"code":"c","desk_public_key":"k","csr":"p","extra":1}')
    with pytest.raises(WireError, match="desk_id"):
        decode_answer(b'{"site":"main"}')
