import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.wire import tus
from sync.wire.errors import WireError


@given(st.binary(max_size=200), st.sampled_from(tus.CHECKSUMS))
def test_a_checksum_says_the_digest_of_the_body(data: bytes, algorithm: str) -> None:
    assert tus.parse_checksum(tus.checksum(data, algorithm)) == (
        algorithm,
        hashlib.new(algorithm, data).digest(),
    )


@pytest.mark.parametrize(
    "text", ["", "sha256", "sha256 ", "md5 AAAA", "sha256 AAAA", "sha256 !!!", "SHA256 AAAA"]
)
def test_bad_checksums_are_refused(text: str) -> None:
    with pytest.raises(WireError, match="Upload-Checksum"):
        tus.parse_checksum(text)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text(max_size=30), max_size=4))
def test_metadata_comes_back(values: dict[str, str]) -> None:
    assert tus.parse_metadata(tus.metadata(values)) == values


def test_stock_clients_may_send_keys_without_value_and_spaces() -> None:
    assert tus.parse_metadata("private, call ZDEvNw==") == {"private": "", "call": "d1/7"}


@pytest.mark.parametrize("text", ["call %%", "call /w==", "call ZA==,call ZA=="])
def test_bad_metadata_is_refused(text: str) -> None:
    with pytest.raises(WireError, match="Upload-Metadata"):
        tus.parse_metadata(text)


@pytest.mark.parametrize("text", [None, "", "-1", "+1", "01", "1.0", " 1", "1e3", "9" * 17, "\u0661"])
def test_only_plain_numbers_are_offsets(text: str | None) -> None:
    with pytest.raises(WireError, match="Upload-Offset"):
        tus.number(tus.OFFSET, text)


def test_a_number_is_read() -> None:
    assert tus.number(tus.OFFSET, "0") == 0
    assert tus.number(tus.LENGTH, "123456789") == 123456789
