"""People and access at real screens: invited, secured, let in by the organisation, gone; and audited."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace
from email import message_from_bytes, policy

import pyotp
import pytest
from playwright.async_api import Page, expect

from hub.access.oidc.flow import OidcSignIn
from hub.access.oidc.settings import Section, read
from tests.browser.desk import Desk
from tests.fakes.oidc_provider import CLIENT, SECRET, FakeProvider
from tests.hub.running import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PASSWORD = "a sentence is best"
NINA = "nina@acme.example"


async def _mailed_link(desk: Desk) -> str:
    """The path of the link in the newest letter."""
    async with asyncio.timeout(PATIENCE):
        await desk.smtp.came.wait()
    mail = message_from_bytes(desk.smtp.mails[-1].body, policy=policy.default)
    body = mail.get_body(("plain",))  # type: ignore[attr-defined]  # an EmailMessage
    found = re.search(r"(/link/\S+)", body.get_content())
    assert found is not None
    return found[1]


async def _pick(page: Page, label: str, choice: str) -> None:
    await page.get_by_role("textbox", name=label).click()
    await page.get_by_role("option", name=choice).click()


async def test_somebody_is_invited_and_secures_her_account(desk: Desk) -> None:
    desk.forgive(401, 403)
    ada = await desk.sign_in("ada", "/admin/users")
    await ada.get_by_test_id("invite").click()
    await ada.get_by_test_id("invite-email").fill(NINA)
    await ada.get_by_test_id("invite-name").fill("Nina New")
    await ada.get_by_test_id("invite-submit").click()
    await expect(ada.get_by_text("Nina New is invited")).to_be_visible()
    await expect(ada.get_by_test_id(f"user-{NINA}")).to_contain_text("Invited")

    nina = await desk.visit(await _mailed_link(desk))
    await nina.get_by_role("textbox", name="Choose a password").fill(PASSWORD)
    await nina.get_by_test_id("link-submit").click()
    await nina.get_by_test_id("presence").click()
    await nina.get_by_test_id("open-security").click()
    await nina.get_by_test_id("factor-on").click()
    await nina.get_by_test_id("current-password").fill("not the sentence")
    await nina.get_by_test_id("ask-submit").click()
    await expect(nina.get_by_role("alert")).to_have_text("The password is wrong.")
    await nina.get_by_test_id("current-password").fill(PASSWORD)
    await nina.get_by_test_id("ask-submit").click()
    await expect(nina.get_by_test_id("qr")).to_be_visible()
    totp = pyotp.TOTP(await nina.get_by_test_id("totp-key").inner_text())
    await nina.get_by_test_id("totp-code").fill(totp.now())
    await nina.get_by_test_id("totp-confirm").click()
    await expect(nina.get_by_test_id("codes").get_by_role("listitem")).to_have_count(10)
    recovery = await nina.get_by_test_id("codes").get_by_role("listitem").first.inner_text()
    await nina.get_by_test_id("codes-kept").click()
    await expect(nina.get_by_test_id("second-factor")).to_contain_text("10 recovery codes are left")

    phone = await desk.visit("/")
    for code, words in ((None, "six digits"), (totp.at(time.time() - 90), "wrong")):
        if code is None:
            await phone.get_by_role("textbox", name="E-mail").fill(NINA)
            await phone.get_by_role("textbox", name="Password").fill(PASSWORD)
            await phone.get_by_test_id("sign-in").click()
        else:
            await phone.get_by_test_id("code").fill(code)
            await phone.get_by_test_id("sign-in-code").click()
        await expect(phone.get_by_text(words)).to_be_visible()
    await phone.get_by_test_id("code").fill(recovery)
    await phone.get_by_test_id("sign-in-code").click()
    await expect(phone.get_by_test_id("presence")).to_be_visible()
    await nina.reload()
    await expect(nina.get_by_test_id("sessions").get_by_role("listitem")).to_have_count(2)
    await nina.get_by_test_id("sign-out-elsewhere").click()
    await expect(phone.get_by_text("Your session has ended")).to_be_visible()


async def test_whoever_goes_is_asked_for_and_it_is_written_down(desk: Desk) -> None:
    desk.forgive(401, 409)
    conversation = await desk.conversation()
    sara = await desk.sign_in("sara", f"/c/{conversation}")
    await sara.get_by_test_id("take").click()
    await expect(sara.get_by_test_id("composer-text")).to_be_visible()
    ada = await desk.sign_in("ada", "/admin/users")
    await ada.get_by_test_id("act-sara@acme.example").click()
    await ada.get_by_test_id("user-off").click()
    await ada.get_by_test_id("leave-submit").click()
    await expect(ada.get_by_test_id("leave-matters")).to_contain_text("1 open matter is theirs")
    await ada.get_by_test_id("leave-person").click()
    await ada.get_by_test_id("leave-heir").click()
    await ada.get_by_role("option", name="David Miller").click()
    await ada.get_by_test_id("leave-submit").click()
    await expect(ada.get_by_text("Sara Ahmadi is switched off")).to_be_visible()
    await expect(sara.get_by_text("Your session has ended")).to_be_visible()
    (found,) = await desk.hub.conversations()
    assert found.agent is not None
    assert found.agent.name == "David Miller"

    await ada.get_by_test_id("admin-audit").click()
    line = ada.get_by_test_id("audit-change-user").first
    await expect(line).to_contain_text("Ada Winter changed Sara Ahmadi")
    await line.get_by_role("button", name="Details of changed").click()
    await expect(line).to_contain_text('"hand_to": "david@acme.example"')
    await line.get_by_role("button", name="Ada Winter").click()
    await expect(ada.get_by_test_id("audit-apply")).to_have_count(0)
    await ada.get_by_test_id("audit-clear").click()
    await expect(ada.get_by_test_id("audit-apply")).to_be_visible()
    await ada.get_by_test_id("audit-export").click()
    async with ada.expect_download() as downloading:
        await ada.get_by_role("menuitem", name="CSV").click()
    text = (await (await downloading.value).path()).read_text("utf-8-sig")
    assert "david@acme.example" in text

    await ada.get_by_test_id("admin-users").click()
    await ada.get_by_test_id("act-sara@acme.example").click()
    await ada.get_by_test_id("user-on").click()
    await expect(ada.get_by_role("dialog").get_by_test_id("user-queues")).to_be_visible()


async def test_the_organisations_account_is_a_button(desk: Desk) -> None:
    desk.forgive(401)
    async with FakeProvider() as provider:
        hub = desk.hub.hub
        section = Section(
            issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET, name="Acme"
        )
        oidc = read(section, frozenset())
        assert oidc is not None
        hub.settings = replace(hub.settings, oidc=oidc, public_url=desk.base)
        hub.oidc = OidcSignIn(hub.db, hub.keys, hub.settings, oidc, lambda: hub.desk, hub.clock)
        provider.person |= {"email_verified": False}
        page = await desk.visit("/people")
        await page.get_by_test_id("provider").click()
        await expect(page.get_by_test_id("door-reason")).to_contain_text("does not confirm")
        provider.person |= {"email_verified": True}
        page = await desk.visit("/people")
        await page.get_by_role("link", name="Continue with Acme").click()
        await expect(page.get_by_test_id("presence")).to_be_visible()
        assert page.url == f"{desk.base}/people"
        await page.goto(f"{desk.base}/security")
        await expect(
            page.get_by_text("Your organisation’s account lets you in too")
        ).to_be_visible()
        desk.strangers = [one for one in desk.strangers if not one.startswith(provider.issuer)]
