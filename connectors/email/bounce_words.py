"""How bounces are worded: patterns for ``dsn``, each of which looks at one bounded line or field."""

from __future__ import annotations

import re

SENDER = re.compile(
    r"mailto:\"?(?:mailer-?daemon|mail-?daemon|maildaemon|mdaemon|post_?master|mail\.delivery|"
    r"mail-delivery|ndr|imss|double-?bounce|bounces?|e?smtp|system administrator|symantec[^@]*|"
    r"microsoftexchange[^@]*|noreply-dmarc)\d*(?:[-+=_][^@]*|\.(?:sub)?(?:system|service)[^@]*)?(?![a-z.])"
)
DESCRIPTION = re.compile(
    r"undelivered|delivery (?:report|error|status)|non-?delivery", re.IGNORECASE
)
FAILED = re.compile(
    r"could not be (?:delivered|sent)|not (?:be )?delivered|undeliver|delivery (?:has )?fail|"
    r"unable to deliver|no valid recipients|rejected|permanent error",
    re.IGNORECASE,
)
NAME = re.compile(
    r"mail ?(?:er|ing)?[ -]?(?:delivery|daemon)|delivery (?:sub)?system|"
    r"system administrator|postmaster|internet mail delivery",
    re.IGNORECASE,
)
STEMS = (
    "deliver", "fail", "return", "reject", "error", "delay", "warning", "unknown", "bounce",
    "problem", "could not", "unable", "remis", "recapit", "consegna", "entreg", "devolvid",
    "bezorgd", "afgeleverd", "bestelbaar", "zustell", "zugestellt", "iletilemedi", "teslim", "recens",
)  # fmt: skip
"""One of these is in every ASCII subject that ``SUBJECT`` finds: looking for them is much faster."""
SUBJECT = re.compile(
    r"undeliver|not delivered|non-?delivery|non remis|delivery (?:has )?(?:status|failure|failed|"
    r"problem|error|report|notification|delay|incomplete|warning)|(?:mail|message)? ?delivery|"
    r"deliver(?:y|ed)? fail|failure (?:notice|delivery)|fail(?:ed|ure) (?:mail|delivery|to deliver)|"
    r"returned (?:mail|to sender|e-?mail)|returning message|mail (?:system )?error|mail failed|"
    r"message (?:delayed|not delivered|undeliverable|could not|status - undeliverable)|"
    r"could not (?:be )?deliver|unable to deliver|delayed mail|warning: (?:message|could)|"
    r"rejected (?:mail|message)|mail rejected|automatically rejected|user unknown|bounced mail|"
    r"processing error|problem (?:delivering|with your)|unzustellbar|nicht zugestellt|zustell|"
    r"non recapitata|mancata consegna|no se (?:puede|pudo) entregar|no entregado|não entregue|"
    r"devolvid|niet (?:bezorgd|afgeleverd)|onbestelbaar|non remis|échec de la remise|"
    r"недоставлен|не доставлен|сообщение не|возвращ|iletilemedi|teslim edilemedi|"
    r"عدم تحویل|تحویل داده نشد|تعذر التسليم|فشل|退信|退回|投递失败|無法傳遞|无法投递|配信不能|"
    r"配信(?:エラー|できません|失敗)|メール(?:送信|配信)?エラー|送信エラー|失败|傳輸失敗|반송|전송 실패|"
    r"utilisateur non recens",
    re.IGNORECASE,
)

COPY_BEGINS = re.compile(
    r"[-=*_#>\s]*(?:(?:begin|start) of (?:returned|original)|"
    r"(?:here|below|included|enclosed|attached|this|following|the following)[^\n]{0,30} (?:is|are) "
    r"(?:a |the )?(?:copy|headers?|top|first|full|your|beginning|returned|complete|original)[^\n]{0,60}"
    r"(?:message|mail|header|line)|"
    r"(?:this is |below is )?a copy of (?:the|your)(?: original)? (?:message|mail)|"
    r"below (?:this|the next) line (?:is|are)|"
    r"(?:the )?(?:original|returned|undelivered|unsent|old|bounced)[ -](?:message|mail|headers?|text)"
    r"(?: (?:follows?|attached|headers?|details|text|reads|is|was|body|-+))?[^\n]{0,20}$|"
    r"message (?:headers?|text|contents?|header) follows?|header of (?:your|the)|"
    r"your message (?:reads|headers|follows)|end of message|-+ ?message header|"
    r"-- the header and top|returned mail follows|original message details|"
    r"-{3,}\s*(?:original|returned|header|copy|unsent|undelivered|message)|"
    r"received: (?:from|by|\()|return-path: ?<|"
    r"--- .{0,40}(?:原信|拷贝|副本)|-+ ?исходн|this is a copy of)",
    re.IGNORECASE,
)
NOT_COPY = re.compile(r"transcript|session follows|delivered to the following|failed recipient",
                       re.IGNORECASE)  # fmt: skip
ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"'=@|*]{1,100}@[A-Za-z0-9][A-Za-z0-9._-]{1,250}[A-Za-z0-9]")
ANGLE_COLON = re.compile(
    r"\s*<([^<>\s]{1,320})>"
    r"(?:[,;]? ?\((?:expanded|generated|orig\w*|for|from)[^()<]{0,30}<?([^<>()\s]+@[^<>()\s]+)>?\))?:"
)
STRONG = re.compile(
    r"rcpt to:? ?|(?:failed|intended|undeliverable|final|original|unknown|invalid|bad)[ -]"
    r"(?:recipient|address|user|rcpt|userid)s?\s*(?:is|was)?\s*[:=]|recipient(?: address)?\s*:|"
    r"error-for\s*:|(?:un)?deliver(?:able|y)? (?:to|for)\s*[:<]|addressed to|smtp[:=]|"
    r"user(?:'s)? (?:mailbox is full|unknown|not known)\s*:?|mailbox is full:|"
    r"(?:not |un)able to deliver[^\n]{0,40} to|could not (?:be )?deliver(?:ed)?[^\n]{0,30} to|"
    r"no such (?:user|recipient|mailbox)|user unknown|unknown user|unknown recipient|"
    r"your message to|(?:message|mail) (?:to|for) <?[^\s@]+@[^\s@]+>? (?:was|has|could|cannot)|"
    r"收件人|收件者|发送至|發送至|送信先|宛先アドレス|받는 사람|"
    r"generated from|expanded from|over ?quota|does not exist|was addressed|^\s*to: |^\s*[45]\d\d[ -]",
    re.IGNORECASE,
)
INTRO = re.compile(
    r"(?:the following|following|these) (?:(?:final |intended )?recipient|address|user|person|"
    r"people|destination)"
    r"|failed recipients|(?:fehlgeschlagene?|folgende[nr]?) (?:empfänger|adresse)|"
    r"destinataires? suivant|"
    r"your (?:message|e-?mail|mail) (?:could|can|was) ?not (?:be )?delivered to[: ]*$",
    re.IGNORECASE | re.MULTILINE,
)
BARE_NAME = re.compile(r"[ \t]+([A-Za-z0-9][\w.-]{1,63})[ \t]*")
ALONE = re.compile(r"[\s>*+#.•-]*(?:\d+[.)]\s+)?(?:to: )?[<\[(\"']*(?:smtp:|mailto:)?([^\s<>()\[\]\"',;]+@"
                    r"[^\s<>()\[\]\"',;:]+)[>\])\"']*[:;,.]?\s*", re.IGNORECASE)  # fmt: skip
LEADING = re.compile(
    r"\s*[<\"]?([^\s<>()\[\]\"',;:]+@[^\s<>()\[\]\"',;:]+)[>\"]?(?::|\s|\.\.\.|;|$)"
)
REWRITTEN = ("generated from", "expanded from", "expanded from:")
REASON = re.compile(
    r"unknown|not found|no such|deferred|does ?n[o']t|invalid|full|quota|rejected|refused|denied|disabled|"
    r"unavailable|unrouteable|failed|error|undeliver|not (?:recognized|valid|exist|listed|our)|"
    r"bad |exceed|timed? ?out|[245]\d\d[ -]|unable|expired|blocked|could not|cannot|can't|"
    r"失败|失敗|不存在|退信|退回|拒|できません|ありません|실패|"
    r"یافت نشد|پیدا نشد|نامعتبر|انجام نشد|تحویل داده نشد",
    re.IGNORECASE,
)
TEMPORARY = re.compile(
    r"not yet been delivered|has been delayed|been delayed|will be retried|still being retried|"
    r"delivery attempts will (?:be )?continue|will (?:keep|continue) (?:to )?try|attempts? will be made|"
    r"just a warning|warning (?:message )?only|warning only|no action is required|"
    r"do not need to (?:take any action|resend)|not need to resend|temporary (?:failure|problem|error)|"
    r"has been postponed|advisory-only|still trying|message is delayed|delayed \d+ (?:hours|days)|"
    r"you do not need|delivery (?:is )?delay|noch nicht zugestellt|verzögert",
    re.IGNORECASE,
)
FINAL = re.compile(r"permanent (?:fatal )?(?:error|failure)|giving up|given up|fatal error|"
                    r"could not be delivered for \d+ (?:days|hours).{0,40}return", re.IGNORECASE)  # fmt: skip
STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
CONTACT = re.compile(
    r"contact|mailto:|assistance|help|questions|report|reply to|send (?:mail|e-?mail) to|complain|"
    r"https?://|forward|administrator|notify|postmaster at",
    re.IGNORECASE,
)
OFFICE = re.compile(r"(?:postmaster|mailer-daemon|abuse|mail-daemon|admin|administrator|support|help|"
                     r"helpdesk|webmaster|hostmaster|root)@", re.IGNORECASE)  # fmt: skip
MESSAGE_ID = re.compile(r"^[ \t>]*message-id:[ \t]*(?:\n[ \t]+)?<([^<>\s]{3,400})>",
                         re.IGNORECASE | re.MULTILINE)  # fmt: skip
FIELD = re.compile(r"^([A-Za-z][A-Za-z-]*)[ \t]*:[ \t]*(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
BLANK_LINES = re.compile(r"\n[ \t]*\n")
TO = re.compile(r"^[ \t>]*to:[ \t]*(\S[^\n]{2,300})$", re.IGNORECASE | re.MULTILINE)
