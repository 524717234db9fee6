"""A client that is closed while it asks, as when the window closes."""

import httpx
import pytest

from labctl.api.models import API_VERSION
from labctl.api.transport import Transport
from labctl.errors import LinkError


def test_a_question_that_the_end_of_its_client_cuts_off_is_a_lost_link() -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        client.close()
        raise httpx.ReadError("not a socket", request=request)

    client = httpx.Client(
        transport=httpx.MockTransport(cut), base_url="http://127.0.0.1:1"
    )

    with pytest.raises(LinkError, match="does not answer"):
        Transport(client, API_VERSION).text("/protocols")
