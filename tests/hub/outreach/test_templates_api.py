"""Templates over the API: worded, refused, filled in for one conversation, and taken away."""

from __future__ import annotations

from typing import Any

from hub.automatic.templates import KINDS, VARIABLES
from storage import contacts
from tests.hub.answering import Post
from tests.hub.running import letter, message

ONE = "one@acme.example"
HELLO = {
    "texts": {
        "en": {
            "text": "Hello {{ contact.name }},\n{{ conversation.code }}\n{{ agent.name }}",
            "subject": "About {{ conversation.subject }}",
            "html": "<p>Hello {{ contact.name }}</p>",
        },
        "fa": {"text": "سلام {{ contact.name }}، {{ agent.name }}"},
    }
}


async def test_a_template_is_worded_and_filled_in(either: Post) -> None:
    await either.mail(letter(sender="Ann B <ann@customer.example>", subject="Order <7>"))
    talk = await either.conversation()
    async with either.office.admin() as admin, either.office.person(ONE) as one:
        saved = await admin.call("PUT", "templates/hello", json=HELLO)
        assert saved.status == 200, saved.text
        listed = (await one.get("templates")).json
        assert [item["name"] for item in listed["items"] if item["canned"]] == [
            "ack", "away", "greet", "hello",
        ]  # fmt: skip
        body = {"conversation": talk.id}
        found = (await one.post("templates/hello/fill", body)).json
        assert found["text"] == f"Hello Ann B,\n{talk.code}\nOne"
        assert (found["subject"], found["html"]) == ("About Order <7>", "<p>Hello Ann B</p>")
        assert found["missing"] == []
        assert (found["language"], found["languages"]) == ("en", ["en", "fa"])
        persian = (await one.post("templates/hello/fill", {**body, "language": "fa"})).json
        assert persian["text"] == "سلام Ann B، One"
        assert (await one.call("PUT", "templates/hello", json=HELLO)).status == 403
        assert (await one.post("templates/none/fill", body)).status == 404
        lines = await either.rows("SELECT action FROM audit WHERE subject = 'template:hello'")
        assert [line["action"] for line in lines] == ["template.save"]


async def test_an_empty_variable_is_asked_for_and_stops_the_send(post: Post) -> None:
    await post.loop(message("hello"))
    talk = await post.conversation()
    async with post.office.person(ONE) as one:
        found = (await one.post("templates/greet/fill", {"conversation": talk.id})).json
        assert found["text"] == "Hello {{ contact.name }}!"
        assert found["missing"] == ["contact.name"]
        path = f"conversations/{talk.id}/reply"
        refused = await one.post(path, {"text": found["text"], "client_key": "k"})
        assert refused.status == 400
        (error,) = refused.json["errors"]
        assert error["field"] == "text"
        assert "contact.name" in error["reason"]
        filled = found["text"].replace("{{ contact.name }}", "Ann")
        assert (await one.post(path, {"text": filled, "client_key": "k"})).status == 201
        braces = {"text": "Jinja writes {{ user.email }}", "client_key": "k2"}
        assert (await one.post(path, braces)).status == 201  # no variable of ours


async def test_a_forged_name_does_not_become_a_variable(post: Post) -> None:
    await post.loop(message("hello"))
    talk = await post.conversation()
    await post.write(contacts.rename, talk.contact.id, "{{ hub.name }}", now=1)
    async with post.office.person(ONE) as one:
        found = (await one.post("templates/greet/fill", {"conversation": talk.id})).json
        assert found["missing"] == ["contact.name"]


REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "unknown variable": ("en.text", {"en": {"text": "{{ contact.nam }}"}}),
    "in html": ("en.html", {"en": {"text": "a", "html": "{{ x }}"}}),
    "inside a tag": (
        "en.html",
        {"en": {"text": "a", "html": '<a href="{{ contact.name }}">b</a>'}},
    ),
    "no words": ("en.text", {"en": {"text": " "}}),
    "no language": ("", {}),
}


async def test_what_cannot_be_saved_says_where(post: Post) -> None:
    async with post.office.admin() as admin:
        for case, (field, texts) in REFUSED.items():
            answer = await admin.call("PUT", "templates/bad", json={"texts": texts})
            assert answer.status == 400, case
            assert answer.json["errors"][0]["field"] == field, case
        name = await admin.call("PUT", "templates/Bad%20Name", json=HELLO)
        assert (name.status, name.json["errors"][0]["field"]) == (400, "name")
        names = [item["name"] for item in (await admin.get("templates")).json["items"]]
        assert "bad" not in names


async def test_what_is_needed_is_not_taken_away(post: Post) -> None:
    async with post.office.admin() as admin:
        await post.office.run("apply", text="queues: [{name: general, acknowledge: ack}]")
        needed = await admin.call("DELETE", "templates/ack")
        assert needed.status == 409
        assert "queue general" in needed.json["detail"]
        assert (await admin.call("DELETE", "templates/greet")).status == 204
        assert (await admin.call("DELETE", "templates/closed-hours")).status == 404  # as shipped
        own = {"texts": {"en": {"text": "Closed"}}, "canned": False}
        assert (await admin.call("PUT", "templates/closed-hours", json=own)).status == 200
        assert (await admin.call("DELETE", "templates/closed-hours")).status == 204
        items = {item["name"]: item for item in (await admin.get("templates")).json["items"]}
        assert items["closed-hours"]["shipped"]
        assert "greet" not in items


async def test_the_catalogue_says_how_each_variable_is_written(post: Post) -> None:
    async with post.office.admin() as admin:
        found = (await admin.get("templates")).json["catalogue"]
    assert set(found) == set(VARIABLES) >= set(KINDS)
    assert found["wait.position"]["kind"] == "number"
    assert found["contact.name"] == {"kind": "text", "words": dict(VARIABLES["contact.name"])}


async def test_html_is_looked_at_without_what_is_active(post: Post) -> None:
    async with post.office.admin() as admin:
        given = {"html": "<p onclick=x()>Hi<script>alert(1)</script></p>"}
        found = (await admin.post("templates/look", given)).json["html"]
        assert "Hi" in found
        assert "script" not in found
        assert "onclick" not in found
