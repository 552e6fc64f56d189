"""SMS and MMS by Twilio's Programmable Messaging.

Settings are in ``settings``, what Twilio posts to us in ``incoming``, what we ask of its REST API
in ``outgoing``; ``connector`` joins them. WhatsApp, RCS and Messenger by Twilio are other channels.

Quality: verify done · receipts done · media in done · media out exempt (Twilio fetches it from a
public URL) · threads exempt (SMS has none) · reauth exempt (two tokens at once) · live-tested
todo · limits sourced (https://www.twilio.com/docs/messaging/api/message-resource).
"""

from connectors.sms_twilio.connector import TwilioSms, connect
from connectors.sms_twilio.settings import Settings

__all__ = ["Settings", "TwilioSms", "connect"]
