"""The doctor: looks at everything that a hub lives by, and says what is wrong and what to do.

It changes nothing but a setting of its own, by which it sees that the store can be written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from hub.commands import Commands
    from hub.doctor.finding import Examined


async def examine(office: Commands) -> Examined:
    """Look at all of it: some seconds, for every provider is asked."""
    from hub import clock  # noqa: PLC0415  a hub that is well need not load its doctor
    from hub.doctor import channels, inside, machine  # noqa: PLC0415
    from hub.doctor.finding import in_order, warn  # noqa: PLC0415
    from storage import channels as stored  # noqa: PLC0415
    from storage import health  # noqa: PLC0415

    given = office.settings
    found = [
        *machine.settings(given),
        *machine.key(given),
        *machine.disk(given),
        *machine.spool(given),
    ]
    found.append(await inside.store(office))
    found += await office.db.read(inside.tables, clock.now())
    found.append(await inside.ledger(office))
    found += await inside.blobs(office)
    found += channels.wellbeing(await office.db.read(health.of_channels), clock.now())
    rows = [row for row in await office.db.read(stored.listed) if row["enabled"]]
    found += await channels.asked(office, rows)
    if not rows:
        found.append(warn("channels", "no_channels"))
    if office.serving:
        found += inside.process()
    return in_order(found)


async def command(office: Commands, _args: Mapping[str, Any], _body: bytes) -> Any:
    """``hub doctor``."""
    return msgspec.to_builtins(await examine(office))
