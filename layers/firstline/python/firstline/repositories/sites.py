"""Sites that were registered over REST."""

from __future__ import annotations

import json

from firstline.domain.errors import ConditionFailedError
from firstline.domain.ports import Table
from firstline.domain.sites import Site, SiteChangedError
from firstline.domain.table import Compare, Item
from firstline.repositories import keys
from firstline.repositories.schema import Schema


def _without_names(item: Item) -> Item:
    # Names of hours and identities, which meant nothing yet.
    body = json.loads(item["body"])
    kept = {name: value for name, value in body.items() if name not in ("business_hours", "identity")}
    return {**item, "body": json.dumps(kept)}


SITE = Schema("site", version=2, upgrades={1: _without_names})


class SiteRepository:
    """Keys: ``SITES`` / ``<site id>``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self) -> list[Site]:
        """Return every registered site, by id."""
        return [_site(item) for item in self._table.query(keys.SITES, consistent=True).items]

    def get(self, site_id: str) -> Site | None:
        """Return a registered site, or None."""
        item = self._table.get(keys.SITES, site_id)
        return _site(item) if item is not None else None

    def put(self, site: Site, *, replaces: int) -> None:
        """Store a site in place of the version that it ``replaces``, 0 where none is stored.

        Raises
        ------
        SiteChangedError
            Another version is stored.
        """
        item = SITE.stamp(
            {
                "pk": keys.SITES,
                "sk": site.site_id,
                "version": site.version,
                "body": _body(site),
            }
        )
        try:
            if replaces == 0:
                self._table.put(item, if_absent=True)
            else:
                changes = {name: value for name, value in item.items() if name not in ("pk", "sk")}
                condition = Compare("version", "=", replaces)
                self._table.update(keys.SITES, site.site_id, set=changes, condition=condition)
        except ConditionFailedError as error:
            raise SiteChangedError(f"site {site.site_id} is not at version {replaces}") from error

    def delete(self, site_id: str, *, version: int) -> None:
        """Forget a site. Raises ``SiteChangedError``."""
        try:
            self._table.delete(keys.SITES, site_id, condition=Compare("version", "=", version))
        except ConditionFailedError as error:
            raise SiteChangedError(f"site {site_id} is not at version {version}") from error


def _body(site: Site) -> str:
    said = site.model_dump(mode="json", exclude={"site_id", "version"})
    if site.identity is not None:
        # The one place where it is written out: tokens cannot be checked with its hash.
        said["identity"]["secret"] = site.identity.secret.get_secret_value()
    return json.dumps(said)


def _site(item: Item) -> Site:
    item = SITE.load(item)
    return Site(site_id=item["sk"], version=item["version"], **json.loads(item["body"]))
