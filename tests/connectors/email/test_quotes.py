"""New words are found under quotes and signatures in the languages and programs people use."""

from __future__ import annotations

import pytest

from connectors.email.attribution import is_forward
from connectors.email.quotes import new_words

ATTRIBUTIONS = [
    ">>> Ada <ada@example.com> 1/3/2023 10:15 AM >>>",
    "---Original---",
    "---- 回复的原邮件 ----",
    "On Tue, 3 Jan 2023 at 10:15, Ada Lovelace <ada@example.com> wrote:",
    "On Tue, 3 Jan 2023 at 10:15, Ada Lovelace\n<ada@example.com> wrote:",
    "On Jan 3, 2023, at 10:15 AM, Ada Lovelace <a-very-long-address-indeed@mail.\nexample.com>\nwrote:",
    "On 2023-01-03 10:15, Ada wrote:",
    "On Tuesday, January 3, 2023, Ada <ada@example.com> wrote:",
    "On 03/01/2023 10:15 am, ada@example.com wrote:",
    "Ada Lovelace <ada@example.com> wrote on Tue, 3 Jan 2023 10:15:",
    "Ada Lovelace <ada@example.com> writes:",
    "Am 03.01.2023 um 10:15 schrieb Ada Lovelace <ada@example.com>:",
    "Am Di., 3. Jan. 2023 um 10:15 Uhr schrieb Ada Lovelace <\nada@example.com>:",
    "Am Dienstag, dem 03.01.2023 um 10:15 +0100 schrieb Ada Lovelace:",
    "Le mar. 3 janv. 2023 à 10:15, Ada Lovelace <ada@example.com> a écrit :",
    "Le mar. 3 janv. 2023 à 10:15, Ada Lovelace <ada@example.com> a\nécrit :",
    "Le 3 janvier 2023 10:15:00 GMT+01:00, Ada <ada@example.com> a écrit\xa0:",
    "El mar, 3 ene 2023 a las 10:15, Ada Lovelace (<ada@example.com>) escribió:",
    "El 3 de enero de 2023 a las 10:15, Ada Lovelace <ada@example.com> escribió:",
    "Il giorno mar 3 gen 2023 alle ore 10:15 Ada Lovelace <ada@example.com> ha scritto:",
    "Il 03/01/2023 10:15, Ada Lovelace ha scritto:",
    "Em ter., 3 de jan. de 2023 às 10:15, Ada Lovelace <ada@example.com> escreveu:",
    "Op di 3 jan 2023 om 10:15 schreef Ada Lovelace <ada@example.com>:",
    "Op 3 jan. 2023 om 10:15 heeft Ada Lovelace <ada@example.com> het volgende geschreven:",
    "Den tis 3 jan. 2023 kl 10:15 skrev Ada Lovelace <ada@example.com>:",
    "3 jan. 2023 kl. 10:15 skrev Ada Lovelace <ada@example.com>:",
    "Den tir. 3. jan. 2023 kl. 10.15 skrev Ada Lovelace <ada@example.com>:",
    "tir. 3. jan. 2023 kl. 10:15 skrev Ada Lovelace <ada@example.com>:",
    "ti 3. tammik. 2023 klo 10.15 Ada Lovelace (ada@example.com) kirjoitti:",
    "wt., 3 sty 2023 o 10:15 Ada Lovelace <ada@example.com> napisał(a):",
    "W dniu 03.01.2023 o 10:15, Ada Lovelace pisze:",
    "út 3. 1. 2023 v 10:15 odesílatel Ada Lovelace <ada@example.com> napsal:",
    "Dne 03. 01. 23 v 10:15 Ada Lovelace napsal(a):",
    "вт, 3 янв. 2023 г. в 10:15, Ada Lovelace <ada@example.com>:",
    "3 января 2023 г., в 10:15, Ada Lovelace <ada@example.com> написал(а):",
    "03.01.2023 10:15, Ada Lovelace пишет:",
    "Ada Lovelace <ada@example.com>, 3 Oca 2023 Sal, 10:15 tarihinde şunu yazdı:",
    "Ada Lovelace <ada@example.com> ezt írta (időpont: 2023. jan. 3., K, 10:15):",
    "في الثلاثاء، 3 يناير 2023 في 10:15 تمت كتابة ما يلي بواسطة Ada <ada@example.com>:",
    "بتاريخ الثلاثاء، ٣ يناير ٢٠٢٣ ١٠:١٥ ص، كتب Ada <ada@example.com>:",
    "در تاریخ سه‌شنبه ۳ ژانویهٔ ۲۰۲۳ ساعت ۱۰:۱۵ Ada Lovelace <\u200fada@example.com\u200f> نوشت:",
    "در سه‌شنبه ۱۳ دی ۱۴۰۱، ساعت ۱۰:۱۵، Ada Lovelace <ada@example.com> نوشت:",
    "در تاریخ 1401/10/13 10:15، آدا نوشت:",
    "2023年1月3日(火) 10:15 Ada Lovelace <ada@example.com>:",
    "2023/01/03 10:15、Ada Lovelace <ada@example.com>のメール:",
    "Ada Lovelace <ada@example.com> 于2023年1月3日周二 10:15写道：",
    "在 2023年1月3日，10:15，Ada Lovelace <ada@example.com> 写道：",
    "在 2023-01-03 10:15:00，\"Ada\" <ada@example.com> 写道：",
    "2023년 1월 3일 (화) 오전 10:15, Ada Lovelace <ada@example.com>님이 작성:",
    "2023-01-03 10:15 GMT+01:00 Ada Lovelace <ada@example.com>:",
    "Vào Th 3, 3 thg 1, 2023 vào lúc 10:15 Ada Lovelace <ada@example.com> đã viết:",
    ("\u202bدر تاریخ جمعه ۱۲ نوامبر ۲۰۲۱ ساعت ۱۰:۲۲ \u202aAda\u202c\u200f "
    "<\u202aada@example.com\u202c\u200f> نوشت:\u202c"),
    ("\u202bבתאריך יום ו׳, 12 בנוב׳ 2021 ב-10:22 מאת \u202aAda\u202c\u200f "
    "<\u202aada@example.com\u202c\u200f>:\u202c"),
    "11:00 AM, November 17, 2021, \"Ada Lovelace\" <ada@example.com>:",
    "Ada Lovelace <ada@example.com> schrieb am So., 23.\nJuni 2024, 21:08:",
    "-------- Original Message --------",
    "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐",
    "-------- Original message --------From: Ada <ada@example.com> Date: 12/11/2021  10:22 To: Bo",
    "-------- Mensagem original --------De: Ada <ada@example.com> Data: 12/11/21  10:22",
    "-----پيام اصلي-----",
    "##- Please type your reply above this line -##",
    "-----Original Message-----",
    "-----Ursprüngliche Nachricht-----",
    "-----پیام اصلی-----",
    "----- Исходное сообщение -----",
    "-----原始邮件-----",
]  # fmt: skip

BLOCKS = [
    "From: Ada Lovelace <ada@example.com>\nSent: Tuesday, January 3, 2023\nTo: Help\nSubject: RE: It",
    "*From:* Ada Lovelace\n*Sent:* Tuesday, January 3, 2023 10:15 AM\n*To:* Help\n*Subject:* RE: It",
    "________________________________\nFrom: Ada Lovelace\nSent: Tuesday\nTo: Help\nSubject: RE: It",
    "Von: Ada Lovelace\nGesendet: Dienstag, 3. Januar 2023 10:15\nAn: Hilfe\nBetreff: AW: Es",
    "De : Ada Lovelace\nEnvoyé : mardi 3 janvier 2023 10:15\nÀ : Aide\nObjet : RE: Lui",
    "De: Ada Lovelace\nEnviado el: martes, 3 de enero de 2023 10:15\nPara: Ayuda\nAsunto: RE: Eso",
    "Da: Ada Lovelace\nInviato: martedì 3 gennaio 2023 10:15\nA: Aiuto\nOggetto: R: Esso",
    "De: Ada Lovelace\nEnviado: terça-feira, 3 de janeiro de 2023 10:15\nPara: Ajuda\nAssunto: RE: Isso",
    "Van: Ada Lovelace\nVerzonden: dinsdag 3 januari 2023 10:15\nAan: Hulp\nOnderwerp: RE: Het",
    "Från: Ada Lovelace\nSkickat: den 3 januari 2023 10:15\nTill: Hjälp\nÄmne: SV: Det",
    "Fra: Ada Lovelace\nSendt: 3. januar 2023 10:15\nTil: Hjelp\nEmne: SV: Det",
    "Lähettäjä: Ada Lovelace\nLähetetty: tiistai 3. tammikuuta 2023\nVastaanottaja: Apu\nAihe: VS: Se",
    "Od: Ada Lovelace\nWysłano: wtorek, 3 stycznia 2023 10:15\nDo: Pomoc\nTemat: Odp.: To",
    "Od: Ada Lovelace\nOdesláno: úterý 3. ledna 2023 10:15\nKomu: Pomoc\nPředmět: RE: To",
    "От: Ada Lovelace\nОтправлено: 3 января 2023 г. 10:15\nКому: Помощь\nТема: RE: Это",
    "Kimden: Ada Lovelace\nGönderildi: 3 Ocak 2023 Salı 10:15\nKime: Yardım\nKonu: YNT: O",
    "من: Ada Lovelace\nتم الإرسال: 3 يناير 2023\nإلى: مساعدة\nالموضوع: رد",
    "از: Ada Lovelace\nارسال: سه‌شنبه ۳ ژانویه ۲۰۲۳\nبه: پشتیبانی\nموضوع: پاسخ: سفارش",
    "از: Ada Lovelace <ada@example.com>\nتاریخ: سه‌شنبه ۱۳ دی ۱۴۰۱\nبه: پشتیبانی\nموضوع: پاسخ",
    "From: Ada <ada@example.com>\nReply-To: Bo <bo@example.com>\nDate: Friday\nTo: Me\nSubject: Hi",
    "От: Ada Lovelace\nОтправлено: четверг, 26 июня 2014 г. 15:05\nКому: Помощь",
    "از: Ada <ada@example.com>\nتاريخ: شنبه 13 ارديبهشت 1404\nبه: پشتيباني\nموضوع: پاسخ",
    "发件人: Ada Lovelace\n发送时间: 2023年1月3日 10:15\n收件人: 帮助\n主题: 答复: 它",
    "发件人：Ada Lovelace <ada@example.com>\n发送时间：2023-01-03\n收件人：帮助\n主题：它",
    "差出人: Ada Lovelace\n送信日時: 2023年1月3日\n宛先: ヘルプ\n件名: RE: それ",
    "보낸 사람: Ada Lovelace\n보낸 날짜: 2023년 1월 3일\n받는 사람: 도움\n제목: RE: 그것",
]  # fmt: skip


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_an_attribution_and_the_quote_below_it_go(line: str) -> None:
    assert new_words(f"Thank you.\n\n{line}\n\n> quoted\n> words\n") == "Thank you."


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_an_attribution_without_marks_below_it_ends_the_mail(line: str) -> None:
    assert new_words(f"Thank you.\n\n{line}\n\nquoted\nwords\n") == "Thank you."


@pytest.mark.parametrize("block", BLOCKS)
def test_a_header_block_ends_the_mail(block: str) -> None:
    assert new_words(f"Thank you.\n\n{block}\n\nquoted\nwords\n") == "Thank you."


@pytest.mark.parametrize(
    "text",
    [
        "We fly\nFrom: Tehran\nTo: Shiraz\nDate: 1403/05/02\nplease book.",
        "On Monday I called 3 times.\nNobody answered, as I wrote before.",
        "The sign said 10:30:\nclosed.",
        "Please send it to ada@example.com before 10:15.\nThanks",
        "One: first\nTwo: second\nSubject: maths",
        "Dear team,\n\nmy order number is: 2023-01-03:\n- one\n- two",
        "- first\n- second\n- third",
        "My flight:\nFrom: Tehran\nDate: 1403/05/02 10:30\nTo: Shiraz",
        "On the other hand, be careful.\n\nOn a separate note, it is well.",
        "The data comes From: our database, not From: others.\nAnd from: jane@example.com too.",
        "Formats:\n\n2024-01-15 14:30:25\n15.01.2024 14:30\nJan 15, 2024 at 14:30\n\nare examples.",
        "I sent it on Monday.\nHe wrote:\nfine",
        "## Points\n----\n\n1. Faster\n\n----\n\nThe dashes above are no signatures.\n\n====\n\nNor these.",
        "a = b -- c\n-- not a signature since text follows\nmore",
        "سلام\nسفارش ۱۲۳ را در تاریخ ۱۴۰۲/۰۲/۰۳ ثبت کردم:\nهنوز نرسیده",
        "از: تهران\nبه: شیراز\nتاریخ: ۱۴۰۲/۰۲/۰۳",
    ],
)
def test_a_persons_own_words_stay_whole(text: str) -> None:
    assert new_words(text) == text


@pytest.mark.parametrize(
    "line",
    [
        "On 3 May 2024 my bank wrote:",
        "am 03.05.2024 schrieb mir Ihr Kollege Müller:",
        "در سفارش ۱۲۳۴ همکارتان نوشت:",
        "On 3 May 2024 I ordered two lamps\nand paid by card.\nThis is what you sent:",
        "your agent Bob (bob@acme.example) said:",
        "Le 3 mai 2024 vous avez écrit :",
        "--- What the driver wrote ---",
        "از: علی رضایی\nبه: مدیریت محترم پشتیبانی\nموضوع: شکایت از تأخیر",
        "Von: Ada Lovelace\nAn: Kundendienst\nBetreff: Kündigung",
        "Name: Ada\nFrom: Berlin\nTo: Hamburg\nSubject: Move\nDate: 3 May 2024",
        "From: old@customer.example\nTo: new@customer.example",
        "| item | count |\n|------|-------|\n| lamp | 2 |",
    ],
)
def test_what_people_write_like_a_program_ends_nothing(line: str) -> None:
    text = f"Hi,\n\n{line}\n\nThe transfer was rejected.\n\nSo how can I pay you now?"
    assert new_words(text) == text


@pytest.mark.parametrize(
    "words",
    [
        "Please see my answers below in red.",
        "Meine Antworten stehen unten.",
        "پاسخ‌ها در زیر آمده است.",
    ],
)
def test_whoever_says_so_has_answered_below(words: str) -> None:
    text = f"{words}\n\nFrom: Acme <support@acme.example>\nSent: Friday, May 3, 2024 9:14 AM\nTo: Ada\n"
    text += "Subject: Order\n\nWhat size?\nSize 42"
    assert new_words(text) == text


def test_a_forward_without_a_block_is_content() -> None:
    text = "Please see\n\nOn Fri, May 3, 2024 at 9:14 AM Bob <bob@x.example> wrote:\n\n> Lamp is broken"
    assert new_words(text, forward=True) == text
    assert new_words(text) == "Please see"


def test_a_table_at_the_end_is_no_quote() -> None:
    text = "My order:\n\n| item | count |\n|------|-------|\n| lamp | 2 |"
    assert new_words(text) == text


def test_answers_below_a_signature_and_between_quotes_stay() -> None:
    text = "Hi\n-- \nAda\n\n> What size?\n42\n> What colour?\nBlue"
    assert new_words(text).endswith("> What size?\n42\n> What colour?\nBlue")


def test_answers_between_quotes_stay_whole_and_the_last_quote_goes() -> None:
    text = "On 1 Jan 2023, Ada wrote:\n> When?\n\nToday.\n\n> Where?\n\nHere.\n\n> Bye\n> Ada\n"
    kept = "On 1 Jan 2023, Ada wrote:\n> When?\n\nToday.\n\n> Where?\n\nHere."
    assert new_words(text) == kept


def test_an_answer_below_the_quote_is_new() -> None:
    assert new_words("On 1 Jan 2023, Ada wrote:\n> When?\n> Where?\n\nHere, now.\n") == "Here, now."


def test_a_quote_in_the_midst_that_the_writer_put_there_stays() -> None:
    text = "Your page says\n> all is well\nbut it is not."
    assert new_words(text) == text


def test_a_quote_without_introduction_at_the_end_goes() -> None:
    assert new_words("Yes.\n\n> Shall we?\n> Ada") == "Yes."


@pytest.mark.parametrize(
    "mark",
    [
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "-------- Weitergeleitete Nachricht --------",
        "---------- پیام هدایت شده ----------",
        "---------- Пересланное сообщение ---------",
    ],
)
def test_a_forwarded_mail_is_content(mark: str) -> None:
    headers = "From: Ada <ada@example.com>\nDate: 1 Jan 2023\nSubject: It\nTo: me"
    text = f"FYI\n\n{mark}\n{headers}\n\nWords\n-- \nAda"
    assert new_words(text) == text


def test_a_header_block_of_a_forward_is_content() -> None:
    text = f"See below.\n\n{BLOCKS[0]}\n\nWords"
    assert new_words(text, forward=is_forward("FW: It")) == text
    assert new_words(text, forward=is_forward("RE: It")) == "See below."


@pytest.mark.parametrize("subject", ["Fwd: x", "FW: x", "WG: x", "TR : x", "Doorst: x", "فوروارد: x",
                                     "[#12] Fwd: x", "转发：x"])  # fmt: skip
def test_subjects_of_forwards(subject: str) -> None:
    assert is_forward(subject)


@pytest.mark.parametrize("subject", ["Re: Fwd", "Forward planning: x", "AW: x", "I am here: x", ""])
def test_subjects_of_no_forward(subject: str) -> None:
    assert not is_forward(subject)


@pytest.mark.parametrize("text", ["> only a quote\n> here", "On 1 Jan 2023, Ada wrote:\n> x",
                                  "-- \nAda", "-----Original Message-----\nx", BLOCKS[0]])  # fmt: skip
def test_nothing_but_quotes_is_given_whole(text: str) -> None:
    assert new_words(text) == text


def test_empty_text() -> None:
    assert new_words("") == ""


def test_html_says_where_the_quote_begins() -> None:
    assert new_words("Yes.\n\nUnbekannt\nworte", cut=2) == "Yes."
    assert new_words("Unbekannt\nworte", cut=0) == "Unbekannt\nworte"
