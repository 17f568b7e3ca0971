"""What our receiving server has found of a sender, and what a stranger writes in its name."""

from __future__ import annotations

import pytest

from firstline.adapters.mail_parser import parse_mail
from firstline.domain.mail.sender_proof import SES, SenderProof, sender_proof

SPF = "spf=pass (spfCheck: domain of bank.example designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1;"
OF_SES = f"{SES};\r\n {SPF} envelope-from={{by}}; helo=mx.bank.example;\r\n dkim={{dkim}};\r\n dmarc={{dmarc}};"


def proof(*results: str, sender: str = "ada@bank.example", server: str = SES) -> SenderProof:
    lines = [f"Authentication-Results: {result}" for result in results]
    return sender_proof(parse_mail("\r\n".join([*lines, f"From: {sender}", "", "x"]).encode()), server)


def of_ses(by: str = "b@evil.example", dkim: str = "none", dmarc: str = "none header.from=bank.example") -> str:
    return OF_SES.format(by=by, dkim=dkim, dmarc=dmarc)


@pytest.mark.parametrize(
    "result",
    [
        of_ses(dmarc="pass header.from=bank.example"),
        of_ses(dkim="pass header.i=@bank.example"),
        of_ses(by="bounces+1@bank.example"),
        f"{SES} 1; DKIM=pass (2048-bit key) header.d=bank.example header.b=abc",
        f"{SES}; spf=pass smtp.mailfrom=a@bank.example; arc=pass (i=1 spf=pass spfdomain=evil.example dmarc=pass)",
    ],
)
def test_a_sender_is_proven_by_what_our_server_finds_of_its_domain(result: str) -> None:
    assert proof(result) is SenderProof.PROVEN


def test_a_domain_above_the_senders_proves_it_and_one_below_does_not() -> None:
    above = of_ses(dkim="pass header.i=@bank.example", dmarc="none header.from=uk.bank.example")
    assert proof(above, sender="a@uk.bank.example") is SenderProof.PROVEN
    assert proof(of_ses(dkim="pass header.i=@evil.bank.example")) is SenderProof.UNPROVEN
    assert proof(of_ses(dkim="pass header.i=@nk.example")) is SenderProof.UNPROVEN
    assert proof(of_ses(dkim="pass header.i=@example")) is SenderProof.UNPROVEN


@pytest.mark.parametrize(
    "result",
    [
        of_ses(),
        of_ses(dmarc="pass header.from=evil.example"),
        of_ses(by="b@bank.example", dmarc="pass header.from=evil.example"),
        of_ses(dkim="fail header.i=@bank.example"),
        of_ses(dkim="pass header.i=@evil.example"),
        of_ses(by='"x; dmarc=pass header.from=bank.example "@evil.example'),
        of_ses(by="x;dmarc=pass header.from=bank.example"),
        of_ses(by="b@evil.example; spf=pass envelope-from=b@bank.example"),
        f"{SES}; none (dmarc=pass header.from=bank.example)",
        f"{SES}; none (a (b) dmarc=pass header.from=bank.example",
        f"{SES}; x=?utf-8?q?=3Bdmarc=3Dpass_header.from=3Dbank.example?=",
        f"{SES}; arc=pass header.from=bank.example",
    ],
)
def test_what_is_found_of_others_or_said_by_strangers_proves_nothing(result: str) -> None:
    assert proof(result) is SenderProof.UNPROVEN


def test_a_strangers_header_below_that_of_our_server_is_not_read() -> None:
    forged = f"{SES}; dmarc=pass header.from=bank.example"
    assert proof(of_ses(), forged) is SenderProof.UNPROVEN
    assert proof(f"{SES}; dmarc=fail header.from=bank.example", forged) is SenderProof.DISOWNED


def test_where_no_server_of_ours_looks_nothing_is_known() -> None:
    forged = f"{SES}; dmarc=pass header.from=bank.example"
    assert proof() is SenderProof.UNKNOWN
    assert proof(forged, server="") is SenderProof.UNKNOWN
    assert proof(forged, server="mx.shop.example") is SenderProof.UNKNOWN


def test_a_sender_that_can_be_read_in_two_ways_is_unproven() -> None:
    passed = of_ses(dmarc="pass header.from=bank.example")
    assert proof(passed, sender="ada@bank.example <eve@evil.example>") is SenderProof.UNPROVEN
    assert proof(passed, sender="ada@bank.example, eve@evil.example") is SenderProof.UNPROVEN
    assert proof(passed, sender="=?utf-8?q?ada=40bank.example?=") is SenderProof.UNPROVEN
    assert proof(passed, sender='"ada@bank.example" <eve@evil.example>') is SenderProof.UNPROVEN
    assert proof(sender="a@bank.example, eve@evil.example", server="") is SenderProof.UNPROVEN
