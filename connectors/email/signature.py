"""Where a mail's own words end: signatures, lines of mail apps, footers, legal notices."""

from __future__ import annotations

import re
from collections.abc import Sequence

_FOOTER_LINES = 15  # a signature under a doubtful mark is no longer than this
_NOTICE_LINES = 40
_SHORT_FOOTER_LINES = 8  # below a line of underscores
_LIST_FOOTER_LINES = 20  # if a mailing list speaks there
_ROUNDS = 8  # of taking things off the end

_APP = re.compile(
    r"(?:"
    r"sent (?:from|via|with|using|by) (?:my |the )?[\w'’+.&/®™-]+(?: [\w'’+.&()/®™-]+){0,5}"
    r"(?:, an? [\w&' -]{2,30}(?:smartphone|device|phone|tablet))?"
    r"|from my [\w -]{2,20}|trimis (?:de pe|din|cu) [\w ’-]{2,40}|elküldve (?:az?|innen:) [\w ’-]{2,40}"
    r"|נשלח מ[\w ’-]{2,40}|(?:được )?gửi từ [\w ’-]{2,40}|dikirim (?:dari|melalui) [\w ’-]{2,40}"
    r"|στάλθηκε από [\w ’-]{2,40}|poslano (?:s|iz|z) [\w ’-]{2,40}|odoslané z [\w ’-]{2,40}"
    r"|get outlook for (?:ios|android|mac|windows)|download outlook"
    r"|(?:télécharger|obtenir) outlook pour [\w ]{2,20}|(?:holen sie sich )?outlook für [\w ]{2,20}"
    r"(?: (?:beziehen|herunterladen|holen))?|(?:obtener|descargar) outlook para [\w ]{2,20}"
    r"|(?:obter|obtenha|baixar) o outlook para [\w ]{2,20}|(?:scarica|ottieni) outlook per [\w ]{2,20}"
    r"|получить outlook для [\w ]{2,20}|získat outlook pro [\w ]{2,20}|[\w ]{2,20} için outlook['’]u edinin"
    r"|outlook for [\w ]{2,20} を入手|الحصول على outlook لـ? ?[\w ]{2,20}|با [\w \u200c]{2,20} ارسال شد"
    r"|von yahoo mail auf [\w ]{2,20} gesendet|yahoo mail: search, organize, conquer"
    r"|отправлено из (?:мобильной|мобильного) [\w. -]{2,50}"
    r"|(?:outlook voor [\w ]{2,20} downloaden|download outlook voor [\w ]{2,20})"
    r"|(?:hämta|skaffa) outlook för [\w ]{2,20}|hent outlook (?:til|for) [\w ]{2,20}"
    r"|pobierz (?:program |aplikację )?outlook dla [\w ]{2,20}|скачать outlook для [\w ]{2,20}"
    r"|دریافت outlook (?:برای|در) [\w ]{2,20}|获取 ?outlook for [\w ]{2,20}"
    r"|(?:von|via) mein(?:em|er|en) [\w -]{2,40} gesendet|gesendet (?:von|mit|über|aus) [\w -]{2,50}"
    r"|diese nachricht wurde von mein\w+ [\w -]{2,60} gesendet"
    r"|(?:envoyé|envoye) (?:de|depuis|à partir d|avec) ?(?:mon |de mon |ma )?[\w' ’-]{2,50}"
    r"|enviado (?:desde|de|do|a partir do|del|con|pelo|com) [\w ’-]{2,50}"
    r"|inviato (?:da|dal|con|dallo) [\w ’-]{2,50}|verzonden (?:vanaf|met|via|vanuit) [\w ’-]{2,50}"
    r"|verstuurd (?:vanaf|met|via) [\w ’-]{2,50}|(?:skickat|sänt) från [\w ’-]{2,50}"
    r"|sendt (?:fra|via) [\w ’-]{2,50}|lähetetty [\w ’:-]{2,50}|wysłan[eoy] (?:z|za) [\w' ’-]{2,50}"
    r"|odesláno z [\w ’-]{2,50}|отправлено (?:с|из|от) [\w -]{2,50}|надіслано з [\w -]{2,50}"
    r"|[\w'’]{2,20}(?:dan|den|umdan|tan|ten) gönderildi|[\w ’']{2,40} gönderildi"
    r"|(?:ارسال[ \u200c]شده|فرستاده[ \u200c]شده|ارسال) (?:از|با|توسط) [\w \u200c-]{2,50}"
    r"|از [\w \u200c]{2,30} من (?:ارسال|فرستاده) شد(?:ه(?: است)?)?"
    r"|(?:أرسل(?:ت)?|أُرسل(?:ت)?|مرسل(?:ة)?|تم الإرسال|ارسلت) من [\w -]{2,40}"
    r"|发自(?:我的)?[\w ]{1,30}|從我的 ?[\w ]{1,30}(?:傳送|發送)|从我的 ?[\w ]{1,30}发送"
    r"|(?:私の)?[\w ]{1,30}から送信(?:されました)?|나의 [\w ]{1,30}에서 보냄|내 [\w ]{1,30}에서 보냄"
    r")",
    re.IGNORECASE,
)
_EXCUSE = re.compile(
    r"[,.;:!–-]\s*(?:so )?(?:please )?(?:excuse|pardon|forgive)\b.*", re.IGNORECASE
)
_LINK = re.compile(r"\[([^\[\]\n]{1,60})\]\([^()\s]{1,300}\)")  # as Markdown writes it
_APP_WORDS = re.compile(
    r"iphon|ipad|ipod|ios|android|samsung|galaxy|blackberry|huawei|xiaomi|redmi|nokia|lumia|pixel|"
    r"oneplus|motorola|moto |lg |htc|sony|xperia|windows|outlook|mail|phone|mobile|handy|smartphone|"
    r"tablet|device|appareil|móvil|movil|celular|cellulare|telefon|телефон|گوشی|تلفن|موبایل|آیفون|"
    r"سامسونگ|آیپد|هاتف|جوال|手机|手機|携帯|휴대|sparrow|acompli|spark|thunderbird|yahoo|gmail|aol|"
    r"proton|verizon|at&t|t-mobile|wireless|webmail|zimbra|smart|macbook|mac\b|app\b|airmail|mailbird|"
    r"polymail|superhuman|hey\b|mobil|handy|tutanota|mailspring|alto|boxer|newton|typeapp|bluemail|aqua|nine",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"[*_\s]*(?:virus-free\. |this e-?mail (?:has been|was) (?:checked|scanned) (?:for|by) |"
    r"diese e-?mail wurde von .{2,40} auf viren |"
    r"confidential(?:ity)?\s*[:!.-]|privileged and confidential|"
    r"this (?:e-?mail|message|communication|transmission|electronic (?:mail|message))"
    r"[^.\n]{0,120}(?:confidential(?! information about my)|privileged|intended (?:only|solely|for)|"
    r"for the (?:sole|exclusive)|may contain|is intended(?! to)|contains information (?:that|which|in))|"
    r"the (?:information|content|contents)[^.\n]{0,90}(?:e-?mail|message|communication|transmission)"
    r"[^.\n]{0,80}(?:confidential|privileged|intended)|"
    r"(?:please )?(?:consider|think of|think about) the environment before printing|"
    r"please do(?:n't| not) print this e-?mail|if you (?:are not|have received) th(?:e|is) "
    r"(?:intended recipient|e-?mail (?:in error|by mistake)|message in error)|"
    r"diese (?:e-?mail|nachricht)[^.\n]{0,80}(?:vertraulich|kann vertrauliche)|"
    r"vertraulichkeitshinweis|haftungsausschluss|ce (?:message|courriel|mail)[^.\n]{0,120}"
    r"confidentiel|avis de confidentialité|aviso (?:legal|de confidencialidad)|este (?:mensaje|correo|"
    r"e-?mail)[^.\n]{0,120}confidencial|esta mensagem[^.\n]{0,120}confidencia|"
    r"questo (?:messaggio|e-?mail)[^.\n]{0,120}(?:riservat|confidenzial)|informativa privacy|"
    r"dit (?:bericht|e-?mail)[^.\n]{0,120}(?:vertrouwelijk|uitsluitend)|"
    r"это (?:сообщение|письмо)[^.\n]{0,120}конфиденциальн|bu (?:e-?posta|mesaj|ileti)[^.\n]{0,120}"
    r"gizli|سلب مسئولیت|این (?:ایمیل|پیام|نامه|رایانامه)[^.\n]{0,140}محرمانه|"
    r"(?:محتویات|محتوای|اطلاعات) این (?:ایمیل|پیام)[^.\n]{0,140}محرمانه|"
    r"هذه الرسالة[^.\n]{0,140}سرية|本邮件[^。\n]{0,80}(?:保密|机密)|このメール[^。\n]{0,80}機密)",
    re.IGNORECASE,
)
_NOTICE_TITLE = re.compile(
    r"[*_\s]*(?:(?:confidentiality|privacy|legal|important|security) (?:notice|note|disclaimer|"
    r"warning|statement)|disclaimer)\b",
    re.IGNORECASE,
)
_NOTICE_WORDS = re.compile(
    r"confiden|privileged|intended|recipient|disclos|unauthori[sz]ed|virus|liab|views|opinions|"
    r"phishing|do not click|monitor|property of|copyright|vertraulich|haftung",
    re.IGNORECASE,
)
"""What follows such a title where it is one: people begin paragraphs so, too."""
_RULE = re.compile(r"[_]{5,}|[-=*~#]{10,}|[—–―]{3,}")
_LIST_FOOTER = re.compile(
    r"mailing list|unsubscribe|listinfo|to unsubscribe|you received this (?:message|email) because|"
    r"reply to this email directly|list-",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"^(?:[^\s@/]+\s+){4,}[^\s@/]+[.!?؟۔]\s*$")  # signatures do not speak
_DASH_NAME = re.compile(r"[-–—~]{1,2} ?[^\W\d_][\w.'’]{1,20}(?: [^\W\d_][\w.'’]{0,20}){0,3}")


def trim_signature(lines: Sequence[str], *, alone: bool = False) -> list[str]:
    """The lines without what stands below the writer's own words.

    ``alone``: the lines may be nothing but a signature (what stands below a quote).
    """
    kept = list(lines)
    cut = _mark(kept, alone)
    if cut is not None:
        kept = kept[:cut]
    for _ in range(_ROUNDS):
        while kept and not kept[-1].strip():
            kept.pop()
        before = len(kept)
        _drop_app_line(kept)
        _drop_notice(kept)
        _drop_rule(kept)
        if len(kept) == before:
            break
    if len(kept) > 2 and not kept[-2].strip() and _is_name(kept):
        kept.pop()
    return kept


def _is_name(lines: Sequence[str]) -> bool:
    """Whether the last line is ``- Ada``, and no item of a list."""
    return bool(_DASH_NAME.fullmatch(lines[-1].strip())) and not _is_listed(lines)


def _is_listed(lines: Sequence[str]) -> bool:
    """Whether the last line, ``- Ada``, is an item: announced by a colon, or not the only one."""
    above = next((line.strip() for line in reversed(lines[:-1]) if line.strip()), "")
    return above.endswith((":", "：")) or above[:1] in "-–•*"


def _mark(lines: Sequence[str], alone: bool) -> int | None:
    """The line of the first mark under which only a signature or footer stands."""
    above = alone
    footer = short = -1
    quoted = next((at for at in range(len(lines) - 1, -1, -1) if lines[at].startswith(">")), -1)
    for at, line in enumerate(lines):
        if not line or line[0] not in "-_—–" or len(line) > 200:
            above = above or bool(line.strip())
            continue
        bare = line.rstrip()
        below = len(lines) - at - 1
        if line == "-- " and at < quoted:
            continue  # above answers that stand between quotes
        if line == "-- " or line.startswith("-----BEGIN PGP SIGNATURE"):
            return at
        if (
            above
            and bare in ("--", "—", "––")
            and below <= _FOOTER_LINES
            and not _speaks(lines, at)
        ):
            return at
        rule = above and len(bare) >= 5 and not bare.strip("_")
        if rule:
            if footer < 0:  # looked for once, and only where there is such a line
                footer = _last_lines(lines, _LIST_FOOTER_LINES)
                short = _last_lines(lines, _SHORT_FOOTER_LINES)
            if at >= footer and _is_footer(lines, at, short=at >= short):
                return at
        above = True
    return None


def _is_footer(lines: Sequence[str], at: int, *, short: bool) -> bool:
    """Whether what stands below a line of underscores is a list's footer, or a short signature."""
    if any(map(_LIST_FOOTER.search, lines[at + 1 : at + 10])):
        return True
    if at and lines[at - 1].rstrip().endswith((":", "：")):
        return False  # a form: what is to be filled in
    if sum(line[:5] == "_____" for line in lines) > 1:
        return False  # it divides more than once
    return short and not any(map(_SENTENCE.search, lines[at + 1 :]))


def _speaks(lines: Sequence[str], at: int) -> bool:
    """Whether sentences stand right below a mark that people draw between paragraphs, too."""
    words = [line for line in lines[at + 1 : at + 4] if line.strip()]
    return bool(words) and bool(_SENTENCE.match(words[0].strip()))


def _last_lines(lines: Sequence[str], count: int) -> int:
    """The first line of the last ``count`` lines with words."""
    for at in range(len(lines) - 1, -1, -1):
        if lines[at].strip():
            count -= 1
            if count < 0:
                return at
    return 0


def _drop_app_line(lines: list[str]) -> None:
    """``Sent from my iPhone`` in its many languages, alone on the last line."""
    if lines:
        last = _LINK.sub(r"\1", lines[-1]) if "](" in lines[-1] else lines[-1]
        last = last.strip(" *_<>()-|\u200e\u200f.").partition("<")[0].partition("http")[0]
        if len(last) <= 6:
            return
        last = _EXCUSE.sub("", last).rstrip(" (,.;")
        if 6 < len(last) < 90 and _APP.fullmatch(last) and _says_app(last):
            lines.pop()


def _says_app(line: str) -> bool:
    lowered = line.lower()
    if lowered.startswith("sent from my ") and len(line.split()) <= 7:
        return True
    return bool(_APP_WORDS.search(line))


def _drop_notice(lines: list[str]) -> None:
    """A legal notice that closes the mail, from the paragraph that begins it."""
    size = len(lines)
    for at in range(max(0, size - _NOTICE_LINES), size):
        line = lines[at]
        if len(line) <= 10:
            continue
        above = lines[at - 1].strip() if at else ""
        if (not above or _RULE.fullmatch(above)) and _is_notice(lines, at):
            if at:
                del lines[at:]
            return


def _is_notice(lines: Sequence[str], at: int) -> bool:
    line = lines[at]
    if _NOTICE.match(line[:400] if len(line) > 120 else _joined(lines, at, 4)[:400]):
        return True
    if line.strip(" *_:!.").lower() == "disclaimer":
        return True
    return bool(_NOTICE_TITLE.match(line[:60]) and _NOTICE_WORDS.search(_joined(lines, at, 8)))


def _joined(lines: Sequence[str], at: int, most: int) -> str:
    """The beginning of what stands from this line on."""
    return " ".join(line.strip() for line in lines[at : at + most])[:1_000]


def _drop_rule(lines: list[str]) -> None:
    if len(lines) > 1 and _RULE.fullmatch(lines[-1].strip()):
        lines.pop()
