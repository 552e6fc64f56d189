"""Signatures, lines of mail apps and legal notices are taken off; words are not."""

from __future__ import annotations

import pytest

from connectors.email.quotes import new_words

SIGNATURES = [
    "Sent from my BlackBerry® wireless device",
    "Virus-free. www.avast.com",
    "This email has been checked for viruses by AVG.\nhttps://www.avg.com",
    "-----BEGIN PGP SIGNATURE-----\n\niQEzBAEB\n-----END PGP SIGNATURE-----",
    "Sent with [Proton Mail](https://proton.me/) secure email.",
    "-- \nAda Lovelace\nCountess",
    "--\nAda Lovelace",
    "-- \n\nAda\nhttps://example.com",
    "Sent from my iPhone",
    "Sent from my Samsung Galaxy smartphone.",
    "Sent from Outlook for Android",
    "Sent from Mail for Windows 10",
    "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Get Outlook for Android",
    "Sent from Yahoo Mail on Android",
    "Von meinem iPhone gesendet",
    "Gesendet mit der GMX Mail App",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Enviado do meu iPhone",
    "Inviato da iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Skickat från min iPhone",
    "Sendt fra min iPhone",
    "Lähetetty iPhonesta",
    "Wysłane z iPhone'a",
    "Odesláno z iPhonu",
    "Отправлено с iPhone",
    "iPhone'umdan gönderildi",
    "ارسال شده از iPhone من",
    "ارسال\u200cشده از iPhone من",
    "از آیفون من ارسال شده است",
    "أرسل من الـ iPhone",
    "发自我的iPhone",
    "iPhoneから送信",
    "나의 iPhone에서 보냄",
    "_______________________________________________\nlist mailing list\nlist@example.com",
    "CONFIDENTIALITY NOTICE: This e-mail is for the addressee only.",
    "This e-mail and any attachments are confidential and intended solely for the addressee.",
    "*Disclaimer*\nNothing here is binding.",
    "Diese E-Mail enthält vertrauliche Informationen.\nBitte löschen.",
    "این ایمیل و پیوست‌های آن محرمانه است و تنها برای گیرنده است.",
    "-- \nAda\n\nThis message may contain confidential information.",
    "-Ada Lovelace",
    "(sent from a phone)",
    "Sent from my HTC M8 Android phone.  Please excuse typos",
    "Sent from my cell, please excuse any typos.",
    "Sent via the Samsung Galaxy S21 5G, an AT&T 5G smartphone",
    "Get Outlook for iOShttps://aka.ms/o0ukef",
    "Télécharger Outlook pour iOS<https://aka.ms/o0ukef>",
    "دریافت Outlook برای Android<https://aka.ms/x>",
    "فرستاده شده از Yahoo Mail در Android",
    "Von meinem Mobilgerät gesendet",
    "Trimis de pe iPhone-ul meu",
    "Elküldve az iPhone-omról",
    "נשלח מה-iPhone שלי",
    "Được gửi từ iPhone của tôi",
    "Στάλθηκε από το iPhone μου",
]  # fmt: skip


@pytest.mark.parametrize("signature", SIGNATURES)
def test_what_stands_below_the_words_goes(signature: str) -> None:
    assert (
        new_words(f"The parcel is here.\nThanks!\n\n{signature}\n")
        == "The parcel is here.\nThanks!"
    )


@pytest.mark.parametrize("signature", SIGNATURES)
def test_it_goes_above_a_quote_too(signature: str) -> None:
    text = f"The parcel is here.\n\n{signature}\n\nOn 1 Jan 2023 at 10:00, Bob wrote:\n> Well?\n"
    assert new_words(text) == "The parcel is here."


@pytest.mark.parametrize(
    "text",
    [
        "Sent from my desk, is much easier than from my phone.",
        "I have sent from my side all that you need.",
        "Hello\n\nIt was sent from Tehran to Shiraz",
        "The invoice:\n--\n" + "\n".join(f"item {n}" for n in range(30)),
        "Is this e-mail confidential?",
        f"The first part.\n\n{'_' * 80}\n\nThis is the second part of the answer.\n\nBest,\nAda",
        "a\n-b\n-c",
        "I want to send back:\n\n- Lampe rot",
        "Which of these?\n\n- Small\n\n- Medium\n\n- Large",
        "می‌خواهم پس بدهم:\n\n- لامپ رومیزی",
        "Problem 1: lamp broken.\n\n--\n\nProblem 2: the table has a scratch and I want a refund.",
        "Please fill:\n_____\nName: Ada Lovelace\nOrder 123",
        "Order A\n__________\nLamp broken\n__________\nTable scratched",
        "Deliver it.\n\nImportant note: the doorbell is broken, call me at 0171 1234567.",
        "Two things.\n\nDisclaimer: I am not a technician.\n\nThe lamp hums.",
        "Hello,\n\nThis email is intended to cancel my contract.",
        "Hallo,\n\nDiese Nachricht enthält meine Kündigung.\n\nBitte bestätigen Sie.",
        "The app says:\n\nSecurity warning! Your account is locked.\n\nWhat shall I do?",
    ],
)
def test_words_that_only_look_like_it_stay(text: str) -> None:
    assert new_words(text) == text


@pytest.mark.parametrize(
    "notice",
    [
        "Important notice: this e-mail is for the named recipient only.",
        "Security warning: do not click on links from outside.",
        "DISCLAIMER: the views in this mail are those of its author.",
    ],
)
def test_notices_with_a_title_go(notice: str) -> None:
    assert new_words(f"Thank you.\n\n{notice}") == "Thank you."
