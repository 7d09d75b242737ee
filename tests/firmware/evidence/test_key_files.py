"""Keys: what they seal and sign, and how their files are guarded."""

import os
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from firmware.evidence import keyfile
from firmware.evidence.errors import FormatError, KeyFileError, OpenError, SignatureError
from firmware.evidence.keys import (
    SEAL_OVERHEAD,
    ArchivePrivateKey,
    ArchivePublicKey,
    SigningKey,
    VerifyKey,
)


def test_a_seal_opens_with_its_key_and_info_only(archive_key):
    sealed = archive_key.public.seal(b"secret", b"info")
    assert len(sealed) == len(b"secret") + SEAL_OVERHEAD
    assert archive_key.open(sealed, b"info") == b"secret"
    assert archive_key.public.seal(b"secret", b"info") != sealed
    for key, blob, info in (
        (archive_key, sealed, b"other"),
        (archive_key, sealed[:-1], b"info"),
        (archive_key, b"", b"info"),
        (ArchivePrivateKey.generate(), sealed, b"info"),
    ):
        with pytest.raises(OpenError):
            key.open(blob, info)


def test_an_archive_key_is_raw_ml_kem_then_x25519(archive_key):
    public = ArchivePublicKey.from_base64(archive_key.public.base64)
    assert public == archive_key.public
    assert len(public.raw) == 1184 + 32
    assert public.key_id == archive_key.public.key_id
    assert archive_key.open(public.seal(b"x", b""), b"") == b"x"


@pytest.mark.parametrize("raw", [b"", b"\0" * 1215, b"\xff" * 1216])
def test_no_archive_public_key(raw):
    with pytest.raises(FormatError):
        ArchivePublicKey(raw)


def test_a_public_key_that_nobody_can_seal_to(archive_key):
    bad = ArchivePublicKey(archive_key.public.raw[:1184] + bytes(32))
    with pytest.raises(OpenError, match="cannot be sealed"):
        bad.seal(b"x", b"")


def test_signatures(desk_key, vault_key):
    signature = desk_key.sign(b"message")
    key = VerifyKey.from_base64(desk_key.public.base64)
    key.verify(signature, b"message")
    for other, message in ((vault_key.public, b"message"), (key, b"messagE")):
        with pytest.raises(SignatureError):
            other.verify(signature, message)
    with pytest.raises(FormatError, match="32 bytes"):
        VerifyKey(b"x")


@pytest.mark.parametrize("kind", [ArchivePrivateKey, SigningKey])
def test_a_key_is_saved_for_its_owner_only_and_never_over_another(kind, tmp_path):
    path, key = tmp_path / "key.pem", kind.generate()
    before = os.umask(0)
    try:
        key.save(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert kind.load(path).public == key.public
    before = path.read_bytes()
    with pytest.raises(KeyFileError, match="never overwritten"):
        kind.generate().save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_that_others_can_use_is_refused(mode, tmp_path, desk_key):
    path = tmp_path / "desk.pem"
    desk_key.save(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=f"mode {mode:04o}.*chmod 600") as refused:
        SigningKey.load(path)
    assert str(refused.value).count(str(path)) == 2  # once as the place, once in the command


def test_private_keys_do_not_show(archive_key, desk_key):
    for key in (archive_key, desk_key):
        assert "PrivateKey object" not in repr(key)
        assert repr(key) in ("ArchivePrivateKey()", "SigningKey()")


def pem(key, encryption=None):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


def test_files_that_are_no_such_key(tmp_path, archive_key, desk_key):
    first, second = (
        block + b"-----END PRIVATE KEY-----\n"
        for block in archive_key.pem.split(b"-----END PRIVATE KEY-----\n")[:2]
    )
    cases = {
        "empty": b"",
        "text": b"hello",
        "swapped": second + first,
        "one block": first,
        "three blocks": archive_key.pem + first,
        "signing": desk_key.pem,
        "twice": first + first,
        "broken": archive_key.pem.replace(b"MF", b"MG", 1),
        "encrypted": pem(desk_key._key, BestAvailableEncryption(b"x")) + second,
    }
    for name, data in cases.items():
        path = tmp_path / "key.pem"
        keyfile.write_private(path, data)
        with pytest.raises(KeyFileError, match=str(path)):
            ArchivePrivateKey.load(path)
        if name != "signing":
            with pytest.raises(KeyFileError, match=str(path)):
                SigningKey.load(path)
        path.unlink()


def test_a_signing_key_of_another_kind(tmp_path):
    path = tmp_path / "key.pem"
    keyfile.write_private(path, pem(generate_private_key(SECP256R1())))
    with pytest.raises(KeyFileError, match="Ed25519"):
        SigningKey.load(path)


def test_files_that_cannot_be_read_or_written(tmp_path, desk_key):
    with pytest.raises(KeyFileError, match="cannot be read"):
        SigningKey.load(tmp_path / "missing.pem")
    with pytest.raises(KeyFileError, match="cannot be written"):
        desk_key.save(tmp_path / "missing" / "key.pem")
    big = tmp_path / "big.pem"
    keyfile.write_private(big, b"x" * (keyfile.MAX_BYTES + 1))
    with pytest.raises(KeyFileError, match="larger"):
        SigningKey.load(big)
