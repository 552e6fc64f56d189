"""The words that mail programs put around quotes, in the languages they speak.

Only words: what is made of them stands in ``attribution``.
"""

from __future__ import annotations

import re
from enum import IntEnum


def persian(pattern: str) -> str:
    """A pattern whose Persian yeh and kaf are also those that Arabic keyboards write."""
    return pattern.replace("ی", "[یي]").replace("ک", "[کك]")


class Key(IntEnum):
    """The kinds of lines in a quoted block of headers."""

    NONE = -1
    FROM = 0
    SENT = 1
    TO = 2
    CC = 3
    SUBJECT = 4
    OTHER = 5


VERBS = (
    "wrote", "writes", "sent", "said", "written", "schrieb", "schreibt", "geschrieben",
    "a écrit", "a ecrit", "écrit", "ecrit", "escribió", "escribio", "escribe", "ha scritto",
    "scritto", "scrisse", "escreveu", "schreef", "geschreven", "skrev", "skrifaði", "kirjoitti",
    "napisał", "napisał(a)", "napisała", "napisal", "pisze", "napsal", "napsal(a)", "napsala",
    "napísal", "napísal(a)", "írta", "a scris", "написал", "написал(а)", "написала", "пишет",
    "написав", "написав(ла)", "пише", "написа", "је написао/ла", "yazdı", "yazmış", "yazdi",
    "şunu yazdı", "şunları yazdı", "έγραψε", "כתב", "כתב/ה", "כתבה", "كتب", "كتبت", "كتب/كتبت",
    "نوشت", "نوشته", "نوشته است", "نوشتند", "فرمود", "لکھا", "đã viết", "viết", "menulis",
    "写道", "寫道", "写到", "撰写", "書きました", "のメール", "さんは書きました", "wrote in message",
    "님이 작성", "작성", "작성함", "เขียนว่า", "ezt írta", "wrote on",
)  # fmt: skip
VERB_INSIDE = re.compile(
    r"\b(?:napisana przez|wrote|writes|schrieb|schreef|skrev|kirjoitti|napisał|napsal|escribió|escreveu|"
    r"ha scritto|a écrit|написал|пишет|yazdı|ezt írta|geschreven)\b|نوشت|كتب|写道|寫道|作成|작성",
    re.IGNORECASE,
)
STARTERS = re.compile(
    persian(
        r"(?:on|am|le|el|il|em|op|på|den|dne|dňa|w|dnia|em|no|la|в|a|ai|at|vào|pada|tarihinde|от|"
        r"στις|στο|pe|dana|kl|il giorno|no dia|el día|"
        r"در|در تاریخ|به تاریخ|تاریخ|بتاريخ|في|بتأريخ|בתאריך|ב|ב-|在|于|於)\s"
    ),
    re.IGNORECASE,
)

ORIGINAL = re.compile(
    persian(
        r"(?:original(?:\s|-)?(?:message|mail|e-?mail|nachricht|bericht)|reply message|"
        r"message d'origine|message original|ursprüngliche (?:nachricht|e-mail|mail)|"
        r"antwort nachricht|(?:回复的|回覆的)原?(?:邮件|郵件|信件)|"
        r"originalnachricht|original-nachricht|urspr\. nachricht|"
        r"oprindelig (?:meddelelse|e-mail|besked)|opprinnelig melding|originalmeddelande|"
        r"ursprungligt meddelande|ursprungligt e-postmeddelande|alkuperäinen viesti|"
        r"mensaje original|mensaje de origen|correo original|messaggio originale|"
        r"messaggio inviato|mensagem original|oorspronkelijk(?:e)? bericht|origineel bericht|"
        r"oryginalna wiadomość|wiadomość oryginalna|původní (?:zpráva|e-mail)|pôvodná správa|"
        r"исходное сообщение|исходное письмо|оригинальное сообщение|пересылаемое|"
        r"orijinal (?:mesaj|ileti|posta)|özgün ileti|eredeti üzenet|mesaj original|"
        r"αρχικό μήνυμα|הודעה מקורית|الرسالة الأصلية|رسالة أصلية|پیام اصلی|نامه اصلی|ایمیل اصلی|"
        r"پیغام اصلی|原始邮件|原始信件|原邮件|原郵件|邮件原件|元のメッセージ|オリジナルメッセージ|"
        r"원본 메시지|원본 메일|원본메시지|tin nhắn gốc|thư gốc|pesan asli)"
    ),
    re.IGNORECASE,
)
FORWARDED = re.compile(
    persian(
        r"forwarded (?:message|mail|e-?mail|by|letter)|forwarded message|begin forwarded message|"
        r"original message forwarded|weitergeleitete (?:nachricht|e-mail|mail)|"
        r"anfang der weitergeleiteten|message transféré|message transfere|début du message "
        r"(?:transféré|réexpédié)|mensaje reenviado|inicio del mensaje reenviado|messaggio inoltrato|"
        r"inizio messaggio inoltrato|mensagem (?:encaminhada|reencaminhada)|"
        r"início da mensagem (?:encaminhada|reencaminhada)|doorgestuurd bericht|"
        r"begin doorgestuurd bericht|vidarebefordrat (?:meddelande|mail|brev)|videresendt "
        r"(?:meddelelse|melding|besked)|videresendt|edelleenlähetetty|välitetty viesti|"
        r"wiadomość przekazana|przekazana wiadomość|treść przekazanej wiadomości|"
        r"přeposlaná zpráva|preposlaná správa|пересланное сообщение|пересылаемое сообщение|"
        r"начало (?:переадресованного|пересылаемого)|以下是转发的|"
        r"переслане повідомлення|iletilen (?:mesaj|ileti)|"
        r"yönlendirilmiş ileti|továbbított üzenet|mesaj redirecționat|הודעה שהועברה|"
        r"رسالة مُ?عاد توجيهها|رسالة محولة|الرسالة المعاد توجيهها|"
        r"(?:(?:آغاز|شروع|ابتدای) )?(?:پیام|ایمیل|نامه|رایانامه)[ \u200c]?"
        r"(?:(?:فوروارد|فروارد|هدایت|ارجاع|ارسال|بازارسال|بازفرست)[ \u200c]?(?:داده[ \u200c]?)?شده|"
        r"بازارسال|ارجاعی)|"
        r"转发(?:的)?(?:邮件|信息|消息)|轉寄(?:的)?(?:郵件|信件|訊息)|轉寄郵件|"
        r"転送(?:された)?メッセージ|転送メール|전달된 메(?:시지|일)|thư (?:được )?chuyển tiếp"
    ),
    re.IGNORECASE,
)
SUBJECT_FORWARD = re.compile(
    persian(
        r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:fwd?|fw|wg|weitergeleitet|tr|rv|i|enc|doorst|vs|vb|vid|pd|ilt|wtr|továbbítás|"
        r"fyi|转发|轉寄|転送|전달|fwd|بازارسال|ارسال مجدد|فوروارد|فروارد|ارجاع|هدایت|باز ارسال|"
        r"إعادة توجيه|تحويل)\s*[:：]"
    ),
    re.IGNORECASE,
)

_NAMES: dict[Key, str] = {
    Key.FROM: "from|von|de|de la|šalje|da|van|från|fra|lähettäjä|od|от|от кого|від|kimden|gönderen|feladó|"
    "expéditeur|remitente|mittente|remetente|avsändare|afzender|nadawca|odesílatel|"
    "отправитель|από|מאת|من|المرسل|از|فرستنده|از طرف|发件人|發件人|寄件者|寄件人|差出人|"
    "送信者|보낸 사람|보낸사람|발신|từ|người gửi|dari|sender",
    Key.SENT: "sent|date|изпратено|poslano|"
    "gesendet|datum|envoyé|envoyé le|enviado|enviado el|enviado em|fecha|"
    "inviato|data|verzonden|skickat|sendt|dato|lähetetty|päivämäärä|wysłano|wysłane|"
    "odesláno|odoslané|отправлено|дата|дата отправки|надіслано|gönderildi|gönderilme "
    "tarihi|tarih|elküldve|dátum|trimis|στάλθηκε|ημερομηνία|נשלח|תאריך|"
    "تم الإرسال|أرسلت|أُرسلت|تاريخ الإرسال|التاريخ|ارسال|ارسال شده|ارسال‌شده|زمان ارسال|"
    "تاریخ ارسال|تاریخ|ارسال‌ شده|发送时间|發送時間|日期|发送日期|寄件日期|送信日時|日付|"
    "보낸 날짜|보낸날짜|날짜|발송일|đã gửi|ngày|tanggal|dikirim",
    Key.TO: "to|до|prima|an|à|para|a|aan|till|til|vastaanottaja|do|komu|кому|kime|címzett|către|προς|אל|"
    "إلى|الى|به|گیرنده|برای|收件人|收件者|宛先|받는 사람|받는사람|수신|đến|tới|kepada|pour",
    Key.CC: "cc|kopie|copie|copia|c.c.|dw|kopia|kopi|kopio|копия|bilgi|másolat|κοιν|עותק|نسخة|"
    "رونوشت|کپی|نسخه|抄送|副本|참조|bcc",
    Key.SUBJECT: "subject|betreff|objet|asunto|oggetto|assunto|onderwerp|ämne|emne|aihe|temat|"
    "předmět|predmet|тема|konu|tárgy|subiect|θέμα|נושא|الموضوع|موضوع|عنوان|主题|主題|"
    "主旨|標題|件名|제목|chủ đề|perihal|subjek",
    Key.OTHER: "importance|priority|wichtigkeit|attachments|anlagen|message-id|reply to|"
    "reply-to|antwort an|اهمیت|پیوست|پیوست‌ها|categories|organization",
}
KEYS = {name: key for key, names in reversed(_NAMES.items()) for name in names.split("|")}
KEYS |= {name.replace("ی", "ي").replace("ک", "ك"): key for name, key in KEYS.items()}
"""The name of a header, in lower case, to its kind; of two meanings the first above counts."""
