"""Numbers, waits and moments as customers read them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hub.automatic import spoken

TEHRAN = ZoneInfo("Asia/Tehran")
NOW = int(datetime(2026, 3, 17, 12, 0, tzinfo=UTC).timestamp()) * 1_000_000  # a Tuesday
DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("seconds", "english", "persian"),
    [
        (0, "0 seconds", "۰ ثانیه"),
        (20, "20 seconds", "۲۰ ثانیه"),
        (60, "1 minute", "۱ دقیقه"),
        (300, "5 minutes", "۵ دقیقه"),
        (3600, "1 hour", "۱ ساعت"),
        (5400, "1 hour 30 minutes", "۱ ساعت و ۳۰ دقیقه"),
        (7200, "2 hours", "۲ ساعت"),
    ],
)
def test_waits(seconds: int, english: str, persian: str) -> None:
    assert spoken.wait(seconds, "en") == english
    assert spoken.wait(seconds, "fa") == persian


def test_a_near_day_is_its_weekday_a_far_one_has_its_date() -> None:
    assert spoken.day(NOW + 4 * DAY, NOW, TEHRAN, "en") == "Saturday"
    assert spoken.day(NOW + 4 * DAY, NOW, TEHRAN, "fa") == "شنبه"
    assert spoken.day(NOW + 11 * DAY, NOW, TEHRAN, "en") == "Saturday, 28 March"
    assert spoken.day(NOW + 11 * DAY, NOW, TEHRAN, "fa") == "شنبه ۸ فروردین"


def test_times_are_those_of_the_zone() -> None:
    assert spoken.time(NOW, TEHRAN, "en") == "15:30"
    assert spoken.time(NOW, TEHRAN, "fa") == "۱۵:۳۰"
    late = NOW + 10 * 3_600_000_000  # 22:00 UTC is the next day there
    assert spoken.day(late, NOW, TEHRAN, "en") == "Wednesday"
