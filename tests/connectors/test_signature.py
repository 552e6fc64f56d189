from __future__ import annotations

import base64
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from connectors import signature
from connectors.secret import Secret
from connectors.signature import TwilioHeaders, TwilioSignature

URL = "https://hub.example/in/sms"
CALL = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}
FIELDS = st.lists(st.tuples(st.text(max_size=6), st.text(max_size=8)), max_size=8).filter(
    lambda fields: not any("\ud800" <= c <= "\udfff" for f in fields for t in f for c in t)
)
URLS = st.sampled_from(
    [
        *(URL, URL + "?a=1&b=%D8%B3", "https://hub.example:443/in/sms", "http://hub.example/"),
        *("http://hub.example:8080/in/sms?x=", "https://u:p@hub.example/in", "https://hub.example"),
    ]
)


def fault(url: str, body: bytes, *headers: tuple[str, str], tokens: tuple[str, ...] = ()) -> str:
    checker = TwilioSignature([Secret(token) for token in tokens or ("12345",)])
    return checker.fault(url, body, TwilioHeaders(headers))


@pytest.mark.parametrize(
    ("url", "body", "given", "valid"),
    [
        (
            "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2",
            urlencode(CALL).encode(),
            "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI=",
            True,
        ),
        (
            "https://user@mycompany.com/myapp.php?foo=1&bar=2",
            urlencode(CALL).encode(),
            "aZfj4hyX1MLZhSS6QIL18Vn2/RA=",
            True,
        ),
        (
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234",
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
            True,
        ),
        (
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            urlencode(CALL).encode(),
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
            True,
        ),
        (
            "https://mycompany.com/myapp.php?foo=1&bar=3",
            urlencode(CALL).encode(),
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
            False,
        ),
    ],
)
def test_published_vectors(url: str, body: bytes, given: str, valid: bool) -> None:
    """From the suites of Twilio's libraries for Ruby, Python and PHP (MIT)."""
    assert (fault(url, body, ("X-Twilio-Signature", given)) == "") is valid


@given(URLS, FIELDS, st.sampled_from(["HMAC_SHA1", "HMAC_SHA256"]), st.booleans())
def test_agrees_with_the_library(
    url: str, fields: list[tuple[str, str]], algorithm: str, tampered: bool
) -> None:
    library = RequestValidator("tökén")
    params = MultiDict(fields)
    given = library.compute_signature(url, params, algorithm)
    seen = [*fields, ("More", "1")] if tampered else fields
    headers = [
        ("x-twilio-signature", given),
        ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),
        ("X-Twilio-Webhooks-Signature-Settings", f"key=k, algorithm={algorithm}"),
    ]
    ours = fault(url, urlencode(seen).encode(), *headers, tokens=("other", "tökén"))
    theirs = library.validate(url, MultiDict(seen), given, algorithm)
    assert (ours == "") is theirs is (not tampered)


@pytest.mark.parametrize(
    ("signed", "seen"),
    [
        ("https://hub.example/in", "https://hub.example:443/in"),
        ("https://hub.example:443/in", "https://hub.example/in"),
        ("http://hub.example:80/in", "http://hub.example/in"),
        ("https://hub.example/in", "https://hub.example:8443/in"),
        ("https://u:p@hub.example/in", "https://u:p@hub.example:8443/in"),
        ("https://[::1]/in", "https://[::1]:8443/in"),
    ],
)
def test_the_port_may_be_signed_or_not(signed: str, seen: str) -> None:
    given = RequestValidator("12345").compute_signature(signed, {})
    assert fault(seen, b"", ("X-Twilio-Signature", given)) == ""


def test_other_bodies_are_signed_by_their_hash() -> None:
    body = b'{"event": "x"}'
    digest = signature.sha256(body).hexdigest()
    url = f"{URL}?bodySHA256={digest}"
    given = ("X-Twilio-Signature", RequestValidator("12345").compute_signature(url, {}))
    kind = ("Content-Type", "application/json")
    assert fault(url, body, given, kind) == ""
    assert fault(url, body + b" ", given, kind) == "bodySHA256: does not match"
    bare = ("X-Twilio-Signature", RequestValidator("12345").compute_signature(URL, {}))
    assert fault(URL, body, bare, kind) == "bodySHA256: does not match"


def test_a_hash_in_the_url_does_not_free_a_form() -> None:
    url = f"{URL}?bodySHA256={signature.sha256(b'a=1').hexdigest()}"
    given = RequestValidator("12345").compute_signature(url, {})
    assert fault(url, b"a=1", ("X-Twilio-Signature", given)) != ""


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        ((), b"", "X-Twilio-Signature: missing"),
        ((("X-Twilio-Signature", ""),), b"", "X-Twilio-Signature: missing"),
        ((("X-Twilio-Signature", "é"),), b"", "not Base64"),
        ((("X-Twilio-Signature", "AAAA"),), b"", "does not match"),
        ((("X-Twilio-Signature", "A"),), b"a=%FF", "the form is not UTF-8"),
        ((("X-Twilio-Signature", "A"),), b"\xff", "the form is not UTF-8"),
        ((("X-Twilio-Signature", "A"),), b"&" * 1_000, "too many fields"),
        (
            (
                ("X-Twilio-Signature", "A"),
                ("X-Twilio-Webhooks-Signature-Settings", "algorithm=MD5"),
            ),
            b"",
            "unknown algorithm",
        ),
    ],
)
def test_faults_are_said(headers: tuple[tuple[str, str], ...], body: bytes, words: str) -> None:
    said = fault(URL, body, *headers)
    assert words in said
    assert "12345" not in said


def test_no_secret_matches_nothing() -> None:
    given = base64.b64encode(signature.hmac.digest(b"", URL.encode(), "sha1")).decode()
    assert TwilioSignature([Secret("")]).fault(
        URL, b"", TwilioHeaders([("X-Twilio-Signature", given)])
    )


@given(st.text(alphabet=st.sampled_from("ab=&+%20D8سé \x00"), max_size=30))
def test_forms_are_read_as_the_stdlib_does(text: str) -> None:
    try:
        expected = parse_qsl(text, keep_blank_values=True, errors="strict")
    except ValueError:
        with pytest.raises(ValueError, match="utf-8"):
            signature.form(text.encode())
    else:
        assert signature.form(text.encode()) == tuple(expected)
        assert signature.form(text.encode()) == signature.form(text.encode())


def test_large_forms_are_not_kept() -> None:
    body = b"Body=" + b"x" * 20_000
    assert signature.form(body) == (("Body", "x" * 20_000),)
