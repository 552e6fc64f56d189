from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors import address

REGIONS = st.sampled_from(["", "US", "IR", "DE", "IT", "AR", "MX", "GB", "ir", "ZZ"])


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("A.User@Example.COM", "mailto:a.user@example.com"),
        ("test@io", "mailto:test@io"),
        ("support@localhost", "mailto:support@localhost"),
        ("!#$%&'*+-/=?^_`.{|}~@example.tld", "mailto:!#$%&'*+-/=?^_`.{|}~@example.tld"),
        ("jeff@臺網中心.tw", "mailto:jeff@xn--fiqq24b10vi0d.tw"),
        ("jeff@XN--fiqq24b10vi0d.TW", "mailto:jeff@xn--fiqq24b10vi0d.tw"),
        ("me@Example\uff0eCOM", "mailto:me@example.com"),
        ("葉士豪@臺網中心.tw", "mailto:葉士豪@xn--fiqq24b10vi0d.tw"),
        ("s\u0323\u0307@nfc.tld", "mailto:ṩ@nfc.tld"),
        ("STRASSE@x.de", "mailto:strasse@x.de"),
        ("Straße@x.de", "mailto:straße@x.de"),
        ('"plain.quoted"@x.de', "mailto:plain.quoted@x.de"),
        ('"a b\\c"@x.de', 'mailto:"a bc"@x.de'),
        ('"a@b"@x.de', 'mailto:"a@b"@x.de'),
        ('""@iana.org', 'mailto:""@iana.org'),
        ("me@[127.0.0.1]", "mailto:me@[127.0.0.1]"),
        ("me@[ipv6:0:0::1]", "mailto:me@[IPv6:::1]"),
        ("test@c--n.com", "mailto:test@c--n.com"),
        ("test@iana.123", "mailto:test@iana.123"),
    ],
)
def test_mail_is_normalised(text: str, uri: str) -> None:
    assert address.mail(text) == uri
    assert address.mail(address.value(uri)) == uri


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "@",
            "a",
            "a@",
            "@b",
            "a@b.",
            "a@.b",
            "a@-b",
            "a@b-",
            "a@b..c",
            ".a@b",
            "a.@b",
            "a..b@c",
        ),
        *(
            "a@b\n",
            "a b@c",
            " a@b",
            "a@b ",
            "(c)a@b",
            "a@(c)b",
            "A <a@b>",
            "a@b@c",
            'a"b"@c',
            '"a@c',
        ),
        *("hello＠world", "a@[1.2.3]", "a@[IPv6:1:2:3:4:5:6::8]", "a@[x:y]", "a@[fe80::1%eth0]"),
        *("a@xn--0.tld", "a@yy--0.tld", "me@⒈x.com", "a@b/c", "a@b_c", "\u0300a@b", "a\u200b@b"),
        *("a\ud800@b", "a@\ud800", "a\ue000@b", "a\u202e@b", "x" * 65 + "@b", "a@" + "b" * 64),
        *("a@" + "b." * 130 + "c", "ñ" * 33 + "@b", '"\x00"@b', "me.\u037e@example.com"),
    ],
)
def test_mail_refuses_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        address.mail(text)


@pytest.mark.parametrize(
    ("text", "region", "uri"),
    [
        ("+12025550123", "", "tel:+12025550123"),
        ("(202) 555-0123", "US", "tel:+12025550123"),
        ("00989121234567", "IR", "tel:+989121234567"),
        ("۰۹۱۲ ۱۲۳ ۴۵۶۷", "IR", "tel:+989121234567"),
        ("٠٩١٢١٢٣٤٥٦٧", "ir", "tel:+989121234567"),
        ("＋98 912 123 4567", "", "tel:+989121234567"),
        ("\u202a+98 912 123 4567\u202c", "", "tel:+989121234567"),
        ("+44 (0)20 7946 0123", "US", "tel:+442079460123"),
        ("+39 06 1234 5678", "", "tel:+390612345678"),
        ("+1 202 555 0123 ext. 12", "", "tel:+12025550123"),
        ("9121234567", "", "sms:9121234567"),
        ("82555", "DE", "sms:82555"),
        ("12345", "US", "sms:12345"),
        ("MyBank", "DE", "sms:mybank"),
        ("MY  Bank ", "DE", "sms:my%20bank"),
        ("800FLOWERS", "US", "sms:800flowers"),
        ("بانک ملی", "IR", "sms:%D8%A8%D8%A7%D9%86%DA%A9%20%D9%85%D9%84%DB%8C"),
        ("+266696687", "US", "sms:+266696687"),
        ("*123#", "US", "sms:*123%23"),
    ],
)
def test_phone_is_e164_or_opaque(text: str, region: str, uri: str) -> None:
    assert address.phone(text, region) == uri
    assert address.parse(uri, region) == uri


@pytest.mark.parametrize("text", ["", "  ", "\u200b", "\ud800", "1" * 129])
def test_phone_refuses_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        address.phone(text, "US")


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("mailto:A@B.example", "mailto:a@b.example"),
        ("A@B.example", "mailto:a@b.example"),
        ("MAILTO:a@b.example", "mailto:a@b.example"),
        ("tel:+1-202-555-0123", "tel:+12025550123"),
        ("tel: 12025550123", "tel:+12025550123"),
        ("TEL:2025550123", "tel:+12025550123"),
        ("202 555 0123", "tel:+12025550123"),
        ("sms:+12025550123", "tel:+12025550123"),
        ("sms:My%20Bank", "sms:my%20bank"),
        ("webchat:chat/AbC-1", "webchat:chat/AbC-1"),
        ("telegram:12345", "telegram:12345"),
    ],
)
def test_parse_takes_uris_and_bare_addresses(text: str, uri: str) -> None:
    assert address.parse(text, "US") == uri


@pytest.mark.parametrize("text", ["mailto:", "tel:", "sms:", "webchat:", "webchat:a b", "x" * 200])
def test_parse_refuses_what_is_no_identity(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        address.parse(text, "US")


def test_display_is_for_people() -> None:
    assert address.display("tel:+12025550123") == "+1 202-555-0123"
    assert address.display("mailto:jeff@xn--fiqq24b10vi0d.tw") == "jeff@臺網中心.tw"
    assert address.display("sms:my%20bank") == "my bank"
    assert address.display("webchat:chat/abc") == "abc"
    assert address.value("sms:my%20bank") == "my bank"
    assert address.scheme("tel:+1202") == "tel"


@pytest.mark.parametrize("text", ["anonymous", "Restricted", "+266696687", "", " "])
def test_withheld(text: str) -> None:
    assert address.withheld(text)
    assert not address.withheld("+12025550123")


@given(st.text(max_size=80) | st.from_regex(r"[^@]{0,12}@[^@]{0,16}"), REGIONS)
@example("İ@x.de", "")
@example("1/2-3+4567890", "US")
@example("tel:%2B1", "US")
def test_any_text_is_refused_or_stable(text: str, region: str) -> None:
    for normalise in (address.parse, lambda t, _: address.mail(t), address.phone):
        try:
            uri = normalise(text, region)
        except ValueError:
            continue
        assert address.parse(uri, region) == uri
        assert uri.isprintable()
        assert isinstance(address.display(uri), str)


@given(st.from_regex(r"[a-zA-Z0-9._+-]{1,20}@[a-zA-Z0-9.-]{1,20}", fullmatch=True))
def test_case_never_tells_mailboxes_apart(text: str) -> None:
    try:
        lower = address.mail(text)
    except ValueError:
        return
    assert address.mail(text.upper()) == lower


@given(st.from_regex(r"\+[1-9][0-9]{5,15}", fullmatch=True), REGIONS)
@example("+9000000000000000", "")
def test_numbers_agree_with_the_library(text: str, region: str) -> None:
    uri = address.phone(text, region)
    try:
        number = phonenumbers.parse(text, region.upper() or None)
    except phonenumbers.NumberParseException:
        assert uri == "sms:" + text
        return
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if e164 == text:
        possible = phonenumbers.is_possible_number(number)
        assert uri == ("tel:" + text if possible else "sms:" + text)
    assert address.phone(address.value(uri), region) == uri
