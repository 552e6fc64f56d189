"""How the week's words are put: greetings and signatures, Message-IDs, and mails that no person wrote."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hub.demo import config, pictures
from hub.demo.messages import Message
from hub.demo.plan import SECOND, Step
from hub.demo.wire import Letter

_HELLO = {
    "en": ("Hello,", "Hi there,", "Good morning,", "Dear Acme team,"),
    "fa": ("سلام،", "با سلام و احترام،", "سلام، وقت بخیر،"),
}
_BYE = {
    "en": ("Best regards,", "Many thanks,", "Kind regards,", "Thanks,"),
    "fa": ("با تشکر،", "با احترام،", "سپاس،"),
}
_ANSWER = {
    "en": ("Hello {first},\n\n{text}\n\nKind regards,\n{agent}\nAcme"),
    "fa": ("سلام {first} گرامی،\n\n{text}\n\nبا احترام،\n{agent}\nاکمی"),
}
_QUESTION = {
    "en": ("Catalogue", "Could you send me your current catalogue as a PDF?"),
    "fa": ("فهرست کالا", "می‌شود فهرست کالاهای تازه را برایم بفرستید؟"),
}
_AWAY = {
    "en": ("Out of office", "I am away until Monday and read my mail when I am back."),
    "fa": ("در مرخصی هستم", "تا شنبه در مرخصی هستم و پس از بازگشت پاسخ می‌دهم."),
}


@dataclass(slots=True)
class Letters:
    """Everything that was written in the week, and what each mail is called."""

    written: list[Message] = field(default_factory=list)

    def sid(self, step: Step) -> str:
        """A message SID: SM and 32 hex digits."""
        return "SM" + hashlib.sha256(f"demo {step.talk} {step.turn}".encode()).hexdigest()[:32]

    def first(self, talk: int) -> str:
        """Message-ID of a matter's first mail."""
        return self._id(talk, 1)

    def _id(self, talk: int, turn: int) -> str:
        made = hashlib.sha256(f"demo mail {talk} {turn}".encode()).hexdigest()[:20]
        return f"{made}@mail.example"

    def received(self, sid: str, state: str) -> None:
        """The phone has it, or not."""
        for message in reversed(self.written):
            if message.key == sid:
                message.state = state
                return

    def customer(self, step: Step) -> Letter:
        """A mail of a matter; the first one opens it, the others answer."""
        again = step.turn > 1
        hello, bye = _HELLO[step.customer.language], _BYE[step.customer.language]
        opening = "" if again else f"{hello[step.talk % len(hello)]}\n\n"
        closing = f"\n\n{bye[step.talk % len(bye)]}\n{step.customer.name}"
        return self._letter(
            step,
            f"Re: {step.subject}" if again else step.subject,
            f"{opening}{step.text}{closing}\n",
            answers=again,
        )

    def agent(self, step: Step) -> Callable[[str], str]:
        """The answer's text, once it is known who writes it."""
        text = step.text or {"en": "Here you are.", "fa": "بفرمایید."}[step.customer.language]
        if step.channel != "mail":
            return lambda _agent: text
        frame = _ANSWER[step.customer.language]
        first = step.customer.first
        return lambda agent: frame.format(first=first, text=text, agent=agent)

    def question(self, step: Step) -> Letter:
        """A mail from an address that is about to be closed."""
        subject, text = _QUESTION[step.customer.language]
        return self._letter(step, subject, text + "\n")

    def holiday(self, step: Step) -> Letter:
        """A holiday answer."""
        subject, text = _AWAY[step.customer.language]
        headers = (("Auto-Submitted", "auto-replied"),)
        return self._letter(step, subject, text + "\n", headers=headers)

    def newsletter(self, step: Step) -> Letter:
        """A mailing list that somebody put us on."""
        headers = (("List-Id", "<weekly.news.example>"), ("Precedence", "bulk"))
        return self._letter(
            step, "This week in logistics", "Five trends you should know.\n", headers=headers
        )

    def spam(self, step: Step) -> Letter:
        """What nobody asked for, and no filter marked."""
        text = "Dear friend, we can put your shop on page one within seven days. Reply for details."
        return self._letter(step, "Your website ranking", text + "\n")

    def _letter(
        self,
        step: Step,
        subject: str,
        text: str,
        *,
        answers: bool = False,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> Letter:
        first = self.first(step.talk)
        ours = config.address_for(step.customer.language, subject + text)
        return Letter(
            sender=step.customer.email,
            name=step.customer.name,
            to=ours,
            subject=subject,
            text=text,
            message_id=self._id(step.talk, step.turn),
            at=datetime.fromtimestamp(step.at / SECOND, UTC),
            in_reply_to=first if answers else "",
            references=(first,) if answers else (),
            files=tuple(pictures.file(*one) for one in step.files),
            headers=headers,
        )
