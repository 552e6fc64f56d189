"""The lines that mail programs put above what they quote, in the languages they speak.

``On … wrote:`` over one or several lines, the header block of Outlook and its kin, and the rules
like ``-----Original Message-----``. Lines are looked at by their first and last characters and by
dictionary; every regular expression here runs on one bounded line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST = 500
"""Characters of an attribution, over all its lines."""
MOST_LINES = 5
"""Lines that an attribution may be wrapped over."""
_BLOCK_LINES = 12

_VERBS = (
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
_VERB_INSIDE = re.compile(
    r"\b(?:wrote|writes|schrieb|schreef|skrev|kirjoitti|napisał|napsal|escribió|escreveu|"
    r"ha scritto|a écrit|написал|пишет|yazdı|ezt írta|geschreven)\b|نوشت|كتب|写道|寫道|作成|작성",
    re.IGNORECASE,
)
_STARTERS = re.compile(
    r"(?:on|am|le|el|il|em|op|på|den|dne|dňa|w|dnia|em|no|la|в|a|ai|at|vào|pada|tarihinde|от|"
    r"στις|στο|pe|dana|kl|il giorno|no dia|el día|"
    r"در|در تاریخ|به تاریخ|تاریخ|بتاريخ|في|بتأريخ|ב|ב-|在|于|於)\s",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\d{1,2}[:.h]\d{2}|\d{4}|\d{1,2}[./\-]\d{1,2}[./\-]\d{2,4}|\d{1,2}[ .-]+[^\W\d]{3,}"
)
_DATE_FIRST = re.compile(
    r"(?:[^\W\d]{2,12}[.,]?\s+)?(?:\d{4}[-/.年 ]\s?\d{1,2}|\d{1,2}[-/. ]\s?(?:\d{1,2}|[^\W\d]{3,12})"
    r"[-/. ,]\s?\d{2,4})"
)
_MAIL_IN_BRACKETS = re.compile(r"[<(\[「]\s?(?:mailto:)?[^\s<>()]+@[^\s<>()]+")
_MAIL = re.compile(r"[^\s<>()\[\]:;,]+@[^\s<>()\[\]:;,]+\.[^\s<>()\[\]:;,]+")
_ENDS = (":", "：", ":*", ":**", ": ", "：*")
_INLINE_ON = re.compile(
    r"[-\s]*[-\s](?=On\s(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\s|\d{1,4}[/.\- ]|"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s\d)[^\n]{5,300}\b(?:wrote|sent):)"
)

_ORIGINAL = re.compile(
    r"(?:original(?:\s|-)?(?:message|mail|e-?mail|nachricht|bericht)|reply message|"
    r"message d'origine|message original|ursprüngliche (?:nachricht|e-mail|mail)|"
    r"antwort nachricht|originalnachricht|original-nachricht|urspr\. nachricht|"
    r"oprindelig (?:meddelelse|e-mail|besked)|opprinnelig melding|originalmeddelande|"
    r"ursprungligt meddelande|ursprungligt e-postmeddelande|alkuperäinen viesti|"
    r"mensaje original|mensaje de origen|correo original|messaggio originale|"
    r"messaggio inviato|mensagem original|oorspronkelijk(?:e)? bericht|origineel bericht|"
    r"oryginalna wiadomość|wiadomość oryginalna|původní (?:zpráva|e-mail)|pôvodná správa|"
    r"исходное сообщение|исходное письмо|оригинальное сообщение|пересылаемое|"
    r"orijinal (?:mesaj|ileti|posta)|özgün ileti|eredeti üzenet|mesaj original|"
    r"αρχικό μήνυμα|הודעה מקורית|الرسالة الأصلية|رسالة أصلية|پیام اصلی|نامه اصلی|ایمیل اصلی|"
    r"پیغام اصلی|原始邮件|原始信件|原邮件|原郵件|邮件原件|元のメッセージ|オリジナルメッセージ|"
    r"원본 메시지|원본 메일|원본메시지|tin nhắn gốc|thư gốc|pesan asli)",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
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
    r"начало переадресованного|переслане повідомлення|iletilen (?:mesaj|ileti)|"
    r"yönlendirilmiş ileti|továbbított üzenet|mesaj redirecționat|הודעה שהועברה|"
    r"رسالة معاد توجيهها|رسالة محولة|الرسالة المعاد توجيهها|پیام (?:فوروارد|هدایت|ارسال) شده|"
    r"پیام بازارسال|ایمیل (?:فوروارد|هدایت) شده|نامه ارجاعی|"
    r"转发(?:的)?(?:邮件|信息|消息)|轉寄(?:的)?(?:郵件|信件|訊息)|轉寄郵件|"
    r"転送(?:された)?メッセージ|転送メール|전달된 메(?:시지|일)|thư (?:được )?chuyển tiếp",
    re.IGNORECASE,
)
_SUBJECT_FORWARD = re.compile(
    r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:fwd?|fw|wg|tr|rv|i|enc|doorst|vs|vb|vid|pd|ilt|wtr|továbbítás|"
    r"fyi|转发|轉寄|転送|전달|fwd|بازارسال|ارسال مجدد|فوروارد|ارجاع|إعادة توجيه|تحويل)\s*[:：]",
    re.IGNORECASE,
)

_FROM, _SENT, _TO, _CC, _SUBJECT, _OTHER = range(6)
_KEYS: dict[str, int] = {}
for _kind, _words in (
    (_FROM, "from|von|de|da|van|från|fra|lähettäjä|od|от|от кого|від|kimden|gönderen|feladó|"
            "expéditeur|remitente|mittente|remetente|avsändare|afzender|nadawca|odesílatel|"
            "отправитель|από|מאת|من|المرسل|از|فرستنده|از طرف|发件人|發件人|寄件者|寄件人|差出人|"
            "送信者|보낸 사람|보낸사람|발신|từ|người gửi|dari|reply-to|antwort an|sender"),
    (_SENT, "sent|date|gesendet|datum|envoyé|envoyé le|enviado|enviado el|enviado em|fecha|"
            "inviato|data|verzonden|skickat|sendt|dato|lähetetty|päivämäärä|wysłano|wysłane|"
            "odesláno|odoslané|отправлено|дата|дата отправки|надіслано|gönderildi|gönderilme "
            "tarihi|tarih|elküldve|dátum|trimis|στάλθηκε|ημερομηνία|נשלח|תאריך|"
            "تم الإرسال|أرسلت|أُرسلت|تاريخ الإرسال|التاريخ|ارسال|ارسال شده|ارسال‌شده|زمان ارسال|"
            "تاریخ ارسال|تاریخ|ارسال‌ شده|发送时间|發送時間|日期|发送日期|寄件日期|送信日時|日付|"
            "보낸 날짜|보낸날짜|날짜|발송일|đã gửi|ngày|tanggal|dikirim"),
    (_TO, "to|an|à|para|a|aan|till|til|vastaanottaja|do|komu|кому|kime|címzett|către|προς|אל|"
          "إلى|الى|به|گیرنده|برای|收件人|收件者|宛先|받는 사람|받는사람|수신|đến|tới|kepada|pour"),
    (_CC, "cc|kopie|copie|copia|c.c.|dw|kopia|kopi|kopio|копия|bilgi|másolat|κοιν|עותק|نسخة|"
          "رونوشت|کپی|نسخه|抄送|副本|참조|bcc"),
    (_SUBJECT, "subject|betreff|objet|asunto|oggetto|assunto|onderwerp|ämne|emne|aihe|temat|"
               "předmět|predmet|тема|konu|tárgy|subiect|θέμα|נושא|الموضوع|موضوع|عنوان|主题|主題|"
               "主旨|標題|件名|제목|chủ đề|perihal|subjek"),
    (_OTHER, "importance|priority|wichtigkeit|attachments|anlagen|message-id|reply to|اهمیت|"
             "پیوست|پیوست‌ها|categories|organization"),
):  # fmt: skip
    for _word in _words.split("|"):
        _KEYS.setdefault(_word, _kind)
_KEY_MAX = 22


def header_key(line: str) -> int:
    """Which header of a quoted block this line begins with; -1: none."""
    start = line[: _KEY_MAX + 12].lstrip(" \t*_\u200e\u200f\u202a\u202b\u2068\u00a0")
    key, colon, _ = start.replace("：", ":").partition(":")
    if not colon or len(key) > _KEY_MAX:
        return -1
    return _KEYS.get(key.strip(" \t*_\u200c\u00a0").lower(), -1)


def header_block(lines: Sequence[str], at: int) -> bool:
    """Whether a block like Outlook's ``From / Sent / To / Subject`` begins at this line.

    A form that a customer fills in (``From: Tehran``, ``To: Shiraz``) is none: it takes an address
    and two kinds of lines, or sender, subject and one more.
    """
    first = header_key(lines[at])
    if first not in (_FROM, _SENT, _SUBJECT):
        return False
    kinds, strange, has_mail = {first}, 0, "@" in lines[at]
    for line in lines[at + 1 : at + _BLOCK_LINES]:
        if not line.strip():
            break
        kind = header_key(line)
        if kind < 0:
            strange += 1
            if strange > 2:
                break
        elif kind in kinds and kind is not _OTHER:
            break
        else:
            kinds.add(kind)
        has_mail = has_mail or "@" in line
    kinds.discard(_OTHER)
    if _FROM in kinds and _SUBJECT in kinds and len(kinds) >= 3:
        return True
    return has_mail and len(kinds) >= 2 and bool(kinds & {_FROM, _SENT}) and first != _SUBJECT


def attribution(lines: Sequence[str], at: int) -> int:
    """How many lines of an attribution begin at this one; 0: none."""
    line = lines[at].strip()
    if not line or len(line) > LONGEST:
        return 0
    stripped = line.strip("-* ")
    starts = bool(_STARTERS.match(stripped)) or bool(_DATE_FIRST.match(stripped))
    joined, count, size = "", 0, 0
    for more in lines[at : at + MOST_LINES + 1]:
        count += 1
        more = more.strip()
        if not more:
            if count == 2 and starts and at + 2 < len(lines) and lines[at + 2].strip() == "<":
                continue
            return 0
        if more[0] == ">" and count > 1 and not _ends(more):
            return 0
        size += len(more)
        if size > LONGEST:
            return 0
        joined = f"{joined} {more}" if joined else more
        if _ends(more):
            return count if _is_attribution(joined.strip("-* \u200e\u200f"), starts) else 0
        if not starts:
            return 0
    return 0


def _ends(line: str) -> bool:
    bare = line.rstrip("-* \u200e\u200f\u202c\u00a0")
    return bare.endswith(_ENDS) or bare.endswith(_VERBS)


def _is_attribution(text: str, starts: bool) -> bool:
    bare = text.rstrip(" :：*\u00a0").lower()
    verb = bare.endswith(_VERBS)
    dated = bool(_DATE.search(text))
    mail = bool(_MAIL.search(text))
    if verb:
        return (starts and dated) or mail
    if not text.endswith((":", "：")):
        return False
    if _VERB_INSIDE.search(text):
        return (starts or mail) and dated
    return starts and dated and bool(_MAIL_IN_BRACKETS.search(text))


def bare_attribution(line: str) -> bool:
    """A date and an address without a colon: only counts where quoted lines follow."""
    line = line.strip()
    if len(line) > LONGEST or not line:
        return False
    if _DATE_FIRST.match(line) and _MAIL_IN_BRACKETS.search(line):
        return True
    return line.endswith((":", "：")) and bool(_DATE.search(line) or _MAIL.search(line))


def inline_attribution(line: str) -> int:
    """Where an English attribution begins that stands behind words of its own; -1: nowhere."""
    if len(line) > LONGEST or "On " not in line or not line.rstrip().endswith((":", ": ")):
        return -1
    match = _INLINE_ON.search(line)
    return match.start() if match else -1


def separator(line: str) -> bool:
    """``-----Original Message-----`` and ``---- Name wrote ----``."""
    line = line.strip()
    if not 6 < len(line) < 120:
        return False
    bare = line.strip("-_*=—– ")
    if len(line) - len(bare) < 2:
        return False
    if _ORIGINAL.fullmatch(bare):
        return True
    return line.startswith("---") and bare.lower().endswith(_VERBS)


def forward_mark(line: str) -> bool:
    """A line that says that what follows is forwarded."""
    line = line.strip()
    if not 5 < len(line) < 120:
        return False
    bare = line.strip("-_*=—–: ")
    return (len(bare) < len(line)) and bool(_FORWARDED.match(bare))


def is_forward(subject: str) -> bool:
    """Whether a subject begins with a forward's mark."""
    return bool(_SUBJECT_FORWARD.match(subject[:80]))
