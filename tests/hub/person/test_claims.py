"""What people say of themselves is only said, until a code, a signature or an agent proves it."""

from __future__ import annotations

import re
from typing import Any

from hub.persons import claims
from tests.hub.answering import Post, read
from tests.hub.office import Caller
from tests.hub.running import letter, message
from tests.hub.visitor import Visitor, visiting

OWNER = "ann@customer.example"


async def _claims(visitor: Visitor, **said: str) -> None:
    await visitor.socket.send_json(
        {"type": "message", "id": f"c{len(visitor.frames)}", "text": "It is me", "claims": said}
    )
    await visitor.until(lambda frame: frame["type"] == "ack")


async def _claimant(post: Post, one: Caller) -> dict[str, Any]:
    """The person of the only chat."""
    contact = await post.value(
        "SELECT contact FROM identity WHERE uri LIKE 'webchat:%' ORDER BY id LIMIT 1"
    )
    found: dict[str, Any] = (await one.get(f"contacts/{contact}")).json
    return found


async def _code(post: Post, mails: int) -> str:
    sent = read((await post.mails(mails))[-1])
    text = sent.get_body(("plain",))
    assert text is not None
    assert sent["Auto-Submitted"] == "auto-replied"
    (code,) = re.findall(r"\b\d{6}\b", text.get_content())
    return str(code)


async def test_a_claimant_sees_nothing_of_the_real_owner(post: Post, one: Caller) -> None:
    """Claim first, the owner's mail later, and our answer to it."""
    async with visiting(post.base) as visitor:
        await _claims(visitor, email=OWNER, name="Ann")
        await post.mail(letter("My card number is 4711", sender=f"Ann <{OWNER}>"))
        mine, owners = await post.conversations()
        assert mine.contact.id != owners.contact.id
        await post.reply(owners.id, "Thank you, 4711 it is.")
        await post.mails(1)
        person = await _claimant(post, one)
        assert [(said["kind"], said["how"]) for said in person["claims"]] == [
            ("email", ""), ("name", ""),
        ]  # fmt: skip
        assert [who["uri"].partition(":")[0] for who in person["identities"]] == ["webchat"]
        shown = (await one.get(f"contacts/{person['id']}/timeline")).text
        assert "4711" not in shown
        await post.reply(mine.id, "Who are you?")
        await visitor.until(lambda frame: frame["type"] == "message")
    async with visiting(post.base, token=visitor.token) as again:
        assert [entry["text"] for entry in again.frames[0]["entries"]] == [
            "It is me", "Who are you?",
        ]  # fmt: skip
        assert "4711" not in str(visitor.frames) + str(again.frames)
        # Even when it is proven that they are one person, a widget shows its own history only.
        claim = person["claims"][0]["id"]
        assert (await one.post(f"claims/{claim}/code")).status == 201
        code = await _code(post, 2)
        assert code not in (await one.get(f"contacts/{person['id']}/timeline")).text
        await again.say(f" {code[:3]} {code[3:]} ")
        person = await _claimant(post, one)
        assert person["id"] == owners.contact.id
        assert person["claims"][0]["how"] == "code"
        assert {who["uri"]: who["verified"] for who in person["identities"]}[f"mailto:{OWNER}"]
        assert "4711" in (await one.get(f"contacts/{person['id']}/timeline")).text
    async with visiting(post.base, token=visitor.token) as last:
        assert "4711" not in str(last.frames)
    lines = (await one.get(f"conversations/{mine.id}/entries")).json["items"]
    kinds = [line["kind"] for line in lines]
    assert kinds.index("claim_code") < kinds.index("claim_asked")
    assert await post.value("SELECT COUNT(*) FROM claim_code WHERE code_hash LIKE :c", c=code) == 0


async def test_codes_end_and_tries_are_counted(post: Post, one: Caller) -> None:
    async with visiting(post.base) as visitor:
        await _claims(visitor, email=OWNER)
        claim = (await _claimant(post, one))["claims"][0]["id"]
        assert (await one.post(f"claims/{claim}/prove", {"code": "000000"})).json[
            "outcome"
        ] == "none"
        await one.post(f"claims/{claim}/code")
        first = await _code(post, 1)
        wrong = f"{(int(first) + 1) % 10**6:06d}"
        for _ in range(claims.TRIES - 1):
            answer = await one.post(f"claims/{claim}/prove", {"code": wrong})
            assert (answer.status, answer.json["outcome"]) == (409, "wrong")
        await visitor.say(wrong)  # the last try, in the chat
        answer = await one.post(f"claims/{claim}/prove", {"code": first})
        assert answer.json["outcome"] == "spent"

        await one.post(f"claims/{claim}/code")
        second = await _code(post, 2)
        now = post.hub.clock()
        await post.write(lambda tx: tx.run("UPDATE claim_code SET expires_at = :n", n=now - 1))
        answer = await one.post(f"claims/{claim}/prove", {"code": second})
        assert answer.json["outcome"] == "expired"

        assert (await one.post(f"claims/{claim}/code")).status == 201
        third = await _code(post, 3)
        refused = await one.post(f"claims/{claim}/code")
        assert refused.status == 409
        assert "within the hour" in refused.json["detail"]
        shown = await one.post(f"claims/{claim}/prove", {"code": third})
        assert shown.status == 200
        again = await one.post(f"claims/{claim}/prove", {"code": third})
        assert (again.status, again.json["detail"]) == (409, "it is theirs already")
        assert len(await post.mails(3)) == 3


async def test_nobody_is_flooded_with_codes_by_many_claimants(post: Post, one: Caller) -> None:
    for n in range(claims.PER_ADDRESS + 1):
        sender = f"tel:+1202555011{n}"
        await post.loop(message("hi", sender=sender, claims={"email": OWNER, "phone": "x"}))
    rows = await post.rows("SELECT id, kind FROM claim ORDER BY id")
    for row in [row for row in rows if row["kind"] == "email"][:-1]:
        assert (await one.post(f"claims/{row['id']}/code")).status == 201
    refused = await one.post(f"claims/{rows[-2]['id']}/code")
    assert refused.status == 409
    assert "today" in refused.json["detail"]
    await post.loop(
        message("hi", sender="tel:+12025550119", claims={"email": "sales@acme.example"})
    )
    ours = await post.value("SELECT MAX(id) FROM claim")
    assert (await one.post(f"claims/{ours}/code")).json["detail"] == "this is an address of ours"
    nonsense = await one.post(f"claims/{rows[-1]['id']}/code")
    assert (nonsense.status, nonsense.json["detail"]) == (409, "it is no address")


async def test_a_code_by_message_and_what_keeps_it_back(post: Post, one: Caller) -> None:
    async with visiting(post.base) as visitor:
        await _claims(visitor, phone="+1 202 555 0177")
        claim = (await _claimant(post, one))["claims"][0]["id"]
        assert (await one.post(f"claims/{claim}/code")).json["channel"] == "loop"
        (code,) = re.findall(r"\b\d{6}\b", post.provider().texts[0])
        shown = await one.post(f"claims/{claim}/prove", {"code": code})
        assert "tel:+12025550177" in [who["uri"] for who in shown.json["identities"]]
        await _claims(visitor, phone="+1 202 555 0188")
        await post.loop(message("STOP", sender="tel:+12025550188", consent="stop"))
        claim = (await _claimant(post, one))["claims"][-1]["id"]
        kept = await one.post(f"claims/{claim}/code")
        assert (kept.status, "opted out" in kept.json["detail"]) == (409, True)
        assert len(post.provider().sent) == 1


async def test_an_agents_word_is_audited_and_can_be_taken_back(post: Post, one: Caller) -> None:
    await post.mail(letter("hello", sender=f"Ann <{OWNER}>"))
    async with visiting(post.base) as visitor:
        await _claims(visitor, email=OWNER)
    claimant = await _claimant(post, one)
    claim = claimant["claims"][0]["id"]
    assert (await one.post(f"claims/{claim}/confirm", {"evidence": ""})).status == 400
    told = "She read me the invoice number on the phone"
    shown = (await one.post(f"claims/{claim}/confirm", {"evidence": told})).json
    assert shown["claims"][0]["how"] == "agent"
    (link,) = shown["links"]
    assert (link["evidence"], link["by"]) == (f"agent:{told}", "One")
    mail = next(who for who in shown["identities"] if who["uri"] == f"mailto:{OWNER}")
    assert mail["verified"] is False
    (line,) = await post.rows("SELECT * FROM audit WHERE action = 'claim.confirmed'")
    assert told in line["data"]
    parted = (await one.post(f"contacts/{link['contact']['id']}/part")).json
    assert parted["links"] == []
    back = await _claimant(post, one)
    assert (back["links"], back["claims"][0]["how"]) == ([], "")
    assert (await one.post(f"claims/{claim}/confirm", {"evidence": told})).status == 200
    assert (await one.post("claims/999/code")).status == 404
