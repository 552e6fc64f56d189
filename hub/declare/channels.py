"""Channels as a file declares them; secrets stay sealed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from connectors import registry
from connectors.contract import ConfigInvalid
from hub import vault
from hub.declare.comparison import Comparison, compare, document, json
from hub.declared import ChannelSpec
from hub.fields import FieldError
from routing import spans
from storage import channels

if TYPE_CHECKING:
    from storage.db import Row, Tx


def addresses(tx: Tx, run: Comparison) -> set[str]:
    """What a file may name a channel by: the kinds there are, and the names."""
    stored = {row["name"] for row in channels.listed(tx)}
    return {*registry.KINDS, *stored, *(spec.name for spec in run.order.declared.channels or ())}


def plan(tx: Tx, run: Comparison) -> None:
    """Compare channels."""
    stored = {row["name"]: row for row in channels.listed(tx)}
    given = {spec.name: spec for spec in run.order.declared.channels or ()}
    for place, (name, spec) in enumerate(given.items()):
        row = stored.get(name)
        before: dict[str, Any] = {} if row is None else msgspec.json.decode(row["settings"])
        same_kind = row is None or row["kind"] == spec.kind
        try:
            settings = vault.sealed(
                run.order.keys, spec.kind, spec.settings, before if same_kind else {}
            )
        except ConfigInvalid as err:
            at, _, reason = str(err).partition(": ")
            run.errors.append(FieldError(f"channels[{place}].{at}", reason))
            continue
        wanted = _definition(spec, settings)
        old = None if row is None else channel_document(row, secrets=True)
        new = channel_document(_as_row(wanted), secrets=True)
        compare(
            run,
            "channel",
            name,
            old,
            new,
            partial(channels.save, wanted=wanted, now=run.order.now),
        )
    if run.order.prune:
        for name in sorted(stored.keys() - given.keys()):
            run.add(
                "remove",
                "channel",
                name,
                partial(channels.remove, id=stored[name]["id"], now=run.order.now),
            )


def _definition(spec: ChannelSpec, settings: Mapping[str, Any]) -> channels.Definition:
    options: dict[str, Any] = {}
    if spec.reopen_within is not None:
        options["reopen_within"] = int(spans.duration(spec.reopen_within).total_seconds())
    if spec.sender_name:
        options["sender_name"] = spec.sender_name
    for name in ("form_mailers", "colleagues"):
        if given := getattr(spec, name):
            options[name] = sorted({one.lower() for one in given})
    if spec.acknowledge:
        options["acknowledge"] = spec.acknowledge
    if spec.allow_hosts:
        options["allow_hosts"] = sorted({one.lower() for one in spec.allow_hosts})
    if spec.proxy:
        options["proxy"] = msgspec.to_builtins(spec.proxy)
    return channels.Definition(
        name=spec.name,
        kind=spec.kind,
        title=spec.title,
        settings=json(settings),
        options=json(options),
        signature_mode=spec.signature,
        enabled=spec.enabled,
        simulated=spec.simulated,
    )


def _as_row(wanted: channels.Definition) -> Mapping[str, Any]:
    return {name: getattr(wanted, name) for name in wanted.__slots__}


def channel_document(row: Row | Mapping[str, Any], *, secrets: bool = False) -> dict[str, Any]:
    """A stored channel as a file says it; ``secrets``: with what is sealed, for comparing."""
    options: dict[str, Any] = msgspec.json.decode(row["options"])
    settings: dict[str, Any] = msgspec.json.decode(row["settings"])
    seconds = options.get("reopen_within")
    return document(
        name=row["name"],
        kind=row["kind"],
        title=row["title"],
        enabled=(bool(row["enabled"]), True),
        simulated=(bool(row["simulated"]), False),
        signature=(row["signature_mode"], "enforce"),
        reopen_within=None if seconds is None else spans.write_duration(timedelta(seconds=seconds)),
        sender_name=options.get("sender_name"),
        form_mailers=options.get("form_mailers"),
        colleagues=options.get("colleagues"),
        acknowledge=options.get("acknowledge"),
        allow_hosts=options.get("allow_hosts"),
        proxy=options.get("proxy"),
        settings=settings if secrets else vault.exported(settings),
    )
