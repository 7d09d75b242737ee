"""Mosquitto's configuration and ACL for this vault (facts behind each line stand beside it)."""

import getpass
from pathlib import Path

from config.vault import VaultSettings
from sync.vault.layout import layout
from sync.vault.pki.certificates import vault_cn, write_public
from sync.wire.topics import FROM_DESK, ROOT, TO_DESK

MAX_PACKET_BYTES = 131_072  # an ack may fill 64 KiB of payload; topic and header come on top

_CONF = """\
# Written by `offhook vault broker-config`; change the vault's settings and run it again.
{user}per_listener_settings false
allow_anonymous false
acl_file {folder}/acl
# Sessions and what waits for the vault outlive a restart; what is lost all the same, the desk sends again.
persistence true
persistence_location {folder}/data/
autosave_interval 1
autosave_on_changes true
# An ack is small and wanted now, not after the 40 ms of a delayed TCP acknowledgement.
set_tcp_nodelay true
max_packet_size {packet}
max_inflight_messages 200
max_queued_messages 100000
persistent_client_expiration 14d
connection_messages false
log_dest stderr
log_type error
log_type warning
log_type notice

# Desks: the client id is forced to the CN of the certificate, or one desk could take over another's session.
listener {desk_port} {listen}
{tls}use_username_as_clientid true

# The vault and its operators' tools, each with a client id of its own.
listener {service_port} {host}
{tls}"""

_TLS = """\
cafile {folder}/ca.crt
certfile {folder}/broker.crt
keyfile {folder}/broker.key
tls_version tlsv1.2
require_certificate true
use_identity_as_username true
"""


def write_broker_config(settings: VaultSettings, services: list[str]) -> Path:
    """mosquitto.conf (whose path is returned) and acl; `services` are the CNs of operators' tools."""
    folder = layout(settings).broker.absolute()
    data = folder / "data"
    data.mkdir(mode=0o700, exist_ok=True)
    write_public(folder / "acl", acl(vault_cn(settings.vault.name), services).encode())
    write_public(folder / "mosquitto.conf", _configuration(settings, folder).encode())
    return folder / "mosquitto.conf"


def acl(vault: str, services: list[str]) -> str:
    """A desk may write only below its own id and read only its own command and ack."""
    lines = [f"user {vault}", f"topic readwrite {ROOT}/#", "topic read $SYS/#"]
    for service in services:
        lines += [f"user {service}", f"topic read {ROOT}/#", "topic read $SYS/#"]
    lines += [f"pattern write {ROOT}/+/%u/{leaf}" for leaf in FROM_DESK]
    lines += [f"pattern read {ROOT}/+/%u/{leaf}" for leaf in TO_DESK]
    return "\n".join(lines) + "\n"


def _configuration(settings: VaultSettings, folder: Path) -> str:
    mqtt = settings.mqtt
    # Started by root, Mosquitto would become "mosquitto", who cannot read this folder.
    user = f"user {getpass.getuser()}\n"
    return _CONF.format(
        user=user,
        folder=folder,
        packet=MAX_PACKET_BYTES,
        desk_port=mqtt.port,
        service_port=mqtt.service_port,
        listen=mqtt.listen_host,
        host=mqtt.host,
        tls=_TLS.format(folder=folder),
    )
