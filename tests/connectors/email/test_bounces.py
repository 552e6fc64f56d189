"""Bounces of many makes: who was not reached, for good or for now, and by which mail."""

from __future__ import annotations

import pytest

from connectors.contract import Auto
from connectors.email.parse import parse

US = "support@acme.example"
GONE = "gone@example.ir"
COPY = f"Received: from acme.example\nFrom: {US}\nTo: {GONE}\nMessage-ID: <m1@acme.example>\n\nHi\n"


def _mail(
    body: str,
    sender: str = "MAILER-DAEMON@mx.example",
    subject: str = "failure notice",
    more: str = "",
) -> bytes:
    return f"From: {sender}\nTo: {US}\nSubject: {subject}\n{more}\n{body}".encode()


FORMS = {
    "qmail": """
Hi. This is the qmail-send program.
I'm afraid it did not work.

<{gone}>:
No such user (#5.1.1)

--- Below this line is a copy of the message.

{copy}""",
    "postfix text": """
I'm sorry to have to inform you.

<{gone}>: host mx said: 550 no such user

{copy}""",
    "exim": """
This message was created automatically by mail delivery software.

The following address(es) failed:

  {gone}
    Unrouteable address

------ This is a copy of the message, including all the headers. ------

{copy}""",
    "sendmail": """
   ----- The following addresses had permanent fatal errors -----
<{gone}>

   ----- Transcript of session follows -----
550 5.1.1 <{gone}>... User unknown

   ----- Message header follows -----
{copy}""",
    "exchange 5.5": """
Your message

  To:      someone.else@example.com
  Subject: Order

did not reach the following recipient(s):

{gone} on Sat, 3 May 2025 09:30:00
    Unknown recipient
""",
    "exchange 2010": """
Delivery has failed to these recipients or groups:

Gone Person (gone) <{gone}>
Not found.
""",
    "domino": """
Your message

  Subject: Order

was not delivered to:

  {gone}

because:

  User not listed
""",
    "notes": """
------- Failure Reasons  --------

User not listed
{gone}

------- Returned Message --------
{copy}""",
    "transcript": """
Your message could not be sent.
The number of attempts made: 1
Addressed To: {gone}

No such user
""",
    "inline": """
The following recipients returned permanent errors: {gone}. Reason: refused [554 5.4.6 loop]
""",
    "starred": """
Delivery to the following recipients failed permanently:

   * {gone}

Technical details: 553
""",
    "rcpt to": """
Error: invalid

550 - no such user here

Message details:
  MAIL FROM: {us}
  RCPT TO: {gone}
""",
    "could not be": """
Your mail sent on: Saturday
     Could not be delivered to: <{gone}>
     As their mailbox is full.
""",
    "zoho": """
A message that you sent could not be delivered.

{gone} Invalid Address, ERROR_CODE :550

{copy}""",
    "Exchange in Persian": """
تحویل به این گیرندگان یا گروه‌ها انجام نشد:

{gone}
نشانی ایمیل وارد شده پیدا نشد.

{copy}""",
    "Chinese, behind a word": """
您的邮件
发送至 {gone} 失败
原因: 邮箱不存在

{copy}""",
    "Chinese, in a table": """
收件人 {gone}
退信原因 邮箱不存在

{copy}""",
    "OpenSMTPD": """
    An error has occurred while attempting to deliver a message for
    the following list of recipients:

{gone}: 550 5.2.2 Mailbox Full

    Below is a copy of the original message:

{copy}""",
    "MailMarshal": """
Your message:
   From:    {us}

Could not be delivered because of

550 User unknown

The following recipients were affected:
    {gone}

{copy}""",
    "Courier": """
                           UNDELIVERABLE MAIL

Your message to the following recipients cannot be delivered:

<{gone}>:
    mx.example [192.0.2.2]:
>>> RCPT TO:<{gone}>
<<< 550 5.1.1 User Unknown

{copy}""",
    "nobody named": """
Message could not be delivered to mobile.
Error: No valid recipients

Original Message:
From: {us}
To: {gone}
""",
}


@pytest.mark.parametrize("form", FORMS)
def test_who_was_not_reached(form: str) -> None:
    found = parse(_mail(FORMS[form].format(gone=GONE, us=US, copy=COPY)))
    assert found.auto is Auto.REPLY
    assert found.bounce is not None
    assert [(one.uri, one.permanent) for one in found.bounce.failed] == [(f"mailto:{GONE}", True)]
    assert found.bounce.message_id == ("m1@acme.example" if "{copy}" in FORMS[form] else "")


@pytest.mark.parametrize(
    "body",
    [
        f"Your message has not yet been delivered to:\n\n  {GONE}\n\nNo action is required on your part.\n",
        (
            f"Delivery to the following recipient has been delayed:\n\n     {GONE}\n\n"
            "Message will be retried for 2 more days\n"
        ),
        f"THIS IS A WARNING MESSAGE ONLY.\nYOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\n<{GONE}>... Deferred\n",
    ],
)
def test_a_delay_is_temporary(body: str) -> None:
    bounce = parse(_mail(body, subject="Warning: message delayed")).bounce
    assert bounce is not None
    assert [(one.uri, one.permanent) for one in bounce.failed] == [(f"mailto:{GONE}", False)]


def _report(status: str, more: str = "") -> bytes:
    return _mail(
        f"--b\n\nA report.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n{status}\n--b\n"
        f"Content-Type: message/rfc822\n\n{COPY}\n--b--\n",
        more=f"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n{more}",
    )


@pytest.mark.parametrize(
    ("status", "failed"),
    [
        (f"Final-Recipient: rfc822;{GONE}\nAction: failed\nStatus: 5.1.1", [(GONE, True, "5.1.1")]),
        (f"Final-Recipient: RFC822; <{GONE}>\nAction: failed (why)\nStatus: 5.0.0 (x)", [(GONE, True, "5.0.0")]),
        (f"Final-Recipient: {GONE}\nAction: error\nStatus: 5.2.2", [(GONE, True, "5.2.2")]),
        (f"Final-Recipient: utf-8;{GONE}\nAction: delayed\nStatus: 4.4.1", [(GONE, False, "4.4.1")]),
        (f"Final-Recipient: rfc822;x@relay\nOriginal-Recipient: rfc822;{GONE}\nAction: failed", [(GONE, True, "")]),
        (f"Final-Recipient: rfc822;{GONE}\nStatus: 4.2.2", [(GONE, False, "4.2.2")]),
        ("Original-Recipient: rfc822;gone+40example.ir\nAction: failed", [(GONE, True, "")]),
        (f"Final-Recipient: rfc822;{GONE}\nAction: failed\n\nFinal-Recipient: rfc822;b@example.ir\nAction: delayed",
         [(GONE, True, ""), ("b@example.ir", False, "")]),
        (f"Final-Recipient: rfc822;{GONE}\nAction: delivered\nStatus: 2.0.0", None),
        (f"Final-Recipient: rfc822;{GONE}\nAction: relayed\nStatus: 2.0.0", None),
    ],
)  # fmt: skip
def test_reports_by_the_standard(status: str, failed: list[tuple[str, bool, str]] | None) -> None:
    for raw in (_report(status), _report(status).replace(b"\n", b"\r\n")):
        bounce = parse(raw).bounce
        if failed is None:
            assert bounce is None
        else:
            assert bounce is not None
            assert [(one.uri[7:], one.permanent, one.status) for one in bounce.failed] == failed
            assert bounce.message_id == "m1@acme.example"


def test_the_reason_is_given_in_the_servers_words() -> None:
    bounce = parse(
        _report(
            f"Final-Recipient: rfc822;{GONE}\nAction: failed\nDiagnostic-Code: smtp; 550\n  No such\n  user"
        )
    ).bounce
    assert bounce is not None
    assert bounce.failed[0].words == "550 No such user"


def test_a_header_of_gmail_and_exim_names_the_recipients() -> None:
    bounce = parse(
        _mail(
            "It failed.\n",
            more=f"X-Failed-Recipients: {GONE},\n b@example.ir\nIn-Reply-To: <m1@acme.example>\n",
        )
    ).bounce
    assert bounce is not None
    assert [one.uri for one in bounce.failed] == [f"mailto:{GONE}", "mailto:b@example.ir"]
    assert bounce.message_id == "m1@acme.example"


def test_a_report_that_a_filter_wrapped_into_a_mail_of_its_own() -> None:
    inner = _report(f"Final-Recipient: rfc822;{GONE}\nAction: failed").decode()
    raw = _mail(f"--w\n\nThis mail is confidential.\n--w\nContent-Type: message/rfc822\n\n{inner}\n--w--\n",
                more="Content-Type: multipart/mixed; boundary=w\n")  # fmt: skip
    bounce = parse(raw).bounce
    assert bounce is not None
    assert bounce.failed[0].uri == f"mailto:{GONE}"


@pytest.mark.parametrize(
    ("sender", "subject", "body"),
    [
        (
            "ada@example.com",
            "Delivery failed!",
            "My order for bob@example.com did not come. It failed.\n",
        ),
        ("ada@example.com", "Re: undelivered parcel", "Please write to bob@example.com or call.\n"),
        (
            "ada@example.com",
            "Auto reply",
            "Hi. This is an automatic reply. Write to <bob@example.com>.\n",
        ),
        (
            "ndricim@example.com",
            "Login",
            "Our colleague eva@example.com cannot log in: password invalid.\n",
        ),
        (
            "delivery@pizza.example",
            "Address",
            "bob@example.com rejected our offer (550).\n",
        ),
        (
            "Mail Administrator <it@customer.example>",
            "Access",
            "bob@example.com rejected our mail (550 blocked).\n",
        ),
        (
            "postmaster@example.com",
            "Question",
            "We changed our address. Contact help@example.com for assistance.\n",
        ),
    ],
)
def test_a_mail_that_only_speaks_of_delivery_is_none(sender: str, subject: str, body: str) -> None:
    assert parse(_mail(body, sender=sender, subject=subject)).bounce is None


def test_who_stands_in_during_a_vacation_did_not_bounce() -> None:
    """Such replies have no return path, either (RFC 3834 section 3.3)."""
    body = "In urgent cases write to\n\ncem@example.com\n"
    mail = _mail(body, sender="ada@example.com", subject="Automatic reply: Order")
    found = parse(b"Return-Path: <>\n" + mail)
    assert found.bounce is None
    assert found.auto is Auto.REPLY


def test_a_complaint_about_a_mail_is_no_bounce() -> None:
    """It did arrive (RFC 5965)."""
    mail = (
        b"From: <abuse@example.com>\nSubject: complaint\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        b"--b\n\nAn abuse report for <bob@example.com>, 550 rejected.\n"
        b"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
        b"--b\nContent-Type: message/rfc822\n\nMessage-ID: <ours@acme.example>\nTo: bob@example.com\n\nHi\n--b--\n"
    )
    assert parse(mail).bounce is None
