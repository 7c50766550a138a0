"""The headers of a mailing list, by the letter of their RFCs."""

import dataclasses

import pytest

from newsletter.delivery.message import headers, list_headers
from tests.delivery.message.test_issue_template import SENDER


def test_list_unsubscribe_names_a_link_and_a_mailbox() -> None:
    """RFC 2369 §3.2, RFC 8058 §3.1: in angle brackets, by commas, the https link among them."""
    written = list_headers.unsubscribe(link="https://news.example.org/u/t/", mailbox="leave+t@example.org")
    assert written == (
        b"List-Unsubscribe: <https://news.example.org/u/t/>,\r\n <mailto:leave+t@example.org?subject=unsubscribe>\r\n"
    )


@pytest.mark.parametrize("local", ["leave+" + "t" * 70, "leave+a..b", ""])
def test_a_mailbox_that_is_no_address_is_left_out(local: str) -> None:
    written = list_headers.unsubscribe(link="https://news.example.org/u/t/", mailbox=f"{local}@example.org")
    assert written == b"List-Unsubscribe: <https://news.example.org/u/t/>\r\n"


def test_the_common_list_headers_offer_one_click_and_name_an_owner_where_there_is_one() -> None:
    written = list_headers.common(SENDER)
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in written
    assert b"List-Owner: <mailto:desk@example.org>\r\n" in written
    assert b"List-Owner" not in list_headers.common(dataclasses.replace(SENDER, reply_to=""))


def test_a_label_that_is_none_is_refused_with_the_headers_name() -> None:
    with pytest.raises(headers.InvalidHeader) as caught:
        list_headers.list_id(dataclasses.replace(SENDER, list_id="not a label.example.org"))
    assert caught.value.header == "List-Id"
