"""POST /api/v1/enrol and GET /api/v1/enrol/ca (PROTOCOL.md, section 5)."""

import asyncio
import logging
from typing import Any

from litestar import Request, get, post
from litestar.response import Response

from firmware.log import event
from sync.vault.errors import Refused
from sync.vault.events import Event
from sync.vault.services import Services
from sync.wire.enrol import CA_PATH, ENROL_PATH, EnrolAnswer, decode_request
from sync.wire.errors import WireError

log = logging.getLogger("vault")
MAX_BODY_BYTES = 16_384
REFUSAL_DELAY_S = 0.5  # a code has 128 bits; this only keeps the log readable under a flood


@get(CA_PATH, media_type="application/x-pem-file", opt={"public": True})
async def ca_certificate(services: Services) -> bytes:
    """The CA certificate; believed only against the fingerprint in the code."""
    return services.authority.pem


@post(ENROL_PATH, status_code=200, opt={"public": True}, request_max_body_size=MAX_BODY_BYTES)
async def enrol(request: Request[Any, Any, Any], services: Services) -> Response[EnrolAnswer]:
    """Spend a one-time code: body EnrolRequest, answer EnrolAnswer."""
    try:
        answer = await services.enrolment.enrol(decode_request(await request.body()))
    except WireError as error:
        raise Refused(400, str(error)) from error
    except Refused as error:
        event(log, "enrolment_refused", level=logging.WARNING, status=error.status)
        await asyncio.sleep(REFUSAL_DELAY_S)
        raise
    event(log, "desk_enrolled", desk=answer.desk_id, site=answer.site)
    services.forget_desk(answer.desk_id)
    services.events.publish(Event("enrolled", answer.desk_id))
    return Response(answer)
