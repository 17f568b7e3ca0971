"""Export and import: a round trip to the byte, and nothing changed by an archive that is wrong anywhere."""

from __future__ import annotations

import hashlib
import io
import json
import random
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

from firstline.adapters.local.object_store import FolderObjectStore
from firstline.domain.errors import InvalidInputError
from firstline.domain.knowledge_archive import ArchiveLimits, InvalidArchiveError, clashing_key, unsafe_key
from firstline.services.transfer_knowledge import TransferKnowledge
from tests.component.world import World
from tests.unit.knowledge_doubles import ObjectsInMemory

CONTENTS = {
    "articles/accounts.md": b"# Accounts\r\n\r\nText with \xc3\xa9 and CRLF.\r\n",
    "articles/deep/er/\u00e4rger.md": "# \u00c4rger\n\nText.\n".encode(),
    "faqs/empty.jsonl": b"",
    "files/noise.bin": bytes(range(256)) * 40,
    "README.md": b"not knowledge, and yet part of it\n",
}


def transfer(objects: Any, world: World, **limits: Any) -> TransferKnowledge:
    return TransferKnowledge(objects, world.container.ingest_knowledge, limits=ArchiveLimits(**limits))


def exported(service: TransferKnowledge) -> bytes:
    file = io.BytesIO()
    service.export(file)
    return file.getvalue()


def archive_of(entries: dict[str, bytes], *, manifest: Any = None) -> bytes:
    """An archive as the export would write it, of whatever names."""
    documents = [
        {"key": name.removeprefix("knowledge/"), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in entries.items()
    ]
    manifest = manifest or {"format": "firstline-knowledge", "version": 1, "documents": documents}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content)
        archive.writestr("manifest.json", manifest if isinstance(manifest, str) else json.dumps(manifest))
    return file.getvalue()


@pytest.fixture
def objects() -> ObjectsInMemory:
    return ObjectsInMemory(CONTENTS)


def test_a_round_trip_is_exact_and_the_same_knowledge_gives_the_same_archive(
    world: World, objects: ObjectsInMemory, tmp_path: Path
) -> None:
    archive = exported(transfer(objects, world))
    folder = FolderObjectStore(tmp_path / "restored")
    report = transfer(folder, world).restore(io.BytesIO(archive))
    assert (report.documents, report.written, report.removed) == (5, 5, 0)
    assert {key: folder.read(key) for key in folder.list()} == CONTENTS
    assert exported(transfer(folder, world)) == archive


def test_what_is_imported_is_served(world: World) -> None:
    text = b"---\ntitle: Kiosks\n---\n## Black screen\n\nCharge the kiosk tablet for an hour.\n"
    report = transfer(world.ports.objects, world).restore(io.BytesIO(archive_of({"knowledge/articles/kiosk.md": text})))
    assert report.ingestion.documents == 2
    [entry] = world.ports.index.embedded_chunks("articles/kiosk.md")
    assert entry.chunk.text == "Charge the kiosk tablet for an hour."


def test_merge_keeps_what_the_archive_lacks_and_replace_deletes_it(world: World, objects: ObjectsInMemory) -> None:
    archive = archive_of({"knowledge/articles/accounts.md": b"new", "knowledge/articles/more.md": b"more"})
    service = transfer(objects, world)
    merged = service.restore(io.BytesIO(archive), mode="merge")
    assert (merged.written, merged.removed, len(objects.objects)) == (2, 0, 6)
    assert objects.objects["articles/accounts.md"] == b"new"
    replaced = service.restore(io.BytesIO(archive), mode="replace")
    assert (replaced.written, replaced.removed) == (0, 4)
    assert objects.objects == {"articles/accounts.md": b"new", "articles/more.md": b"more"}


@pytest.mark.parametrize(
    "name",
    [
        "knowledge/../outside.md",
        "knowledge/a/../../outside.md",
        "/etc/passwd",
        "knowledge//etc/passwd",
        "../outside.md",
        "knowledge/C:/windows.md",
        "knowledge/a\\..\\..\\b.md",
        "knowledge/.hidden.md",
        "knowledge/folder/",
        "knowledge/nul\x01.md",
        "knowledge/dot.",
        "knowledge/" + "x" * 256,
        "elsewhere/a.md",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused_by_name(world: World, objects: ObjectsInMemory, name: str) -> None:
    with pytest.raises(InvalidArchiveError) as refused:
        transfer(objects, world).restore(io.BytesIO(archive_of({"knowledge/good.md": b"good", name: b"bad"})))
    assert repr(name)[1:-1] in str(refused.value)
    assert objects.objects == CONTENTS


def test_a_link_is_refused(world: World, objects: ObjectsInMemory) -> None:
    file = io.BytesIO(archive_of({"knowledge/a.md": b"a"}))
    with zipfile.ZipFile(file, "a") as archive:
        link = zipfile.ZipInfo("knowledge/link.md")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(InvalidArchiveError, match=r"link\.md.* is a link"):
        transfer(objects, world).restore(file)
    assert objects.objects == CONTENTS


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(world: World, objects: ObjectsInMemory) -> None:
    file = io.BytesIO(archive_of({"knowledge/a.md": b"a"}))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("knowledge/a.md", "b")
    with pytest.raises(InvalidArchiveError, match="twice"):
        transfer(objects, world).restore(file)


@pytest.mark.parametrize(
    "names", [("Faq.md", "faq.md"), ("a", "a/b"), ("caf\u00e9.md", "cafe\u0301.md"), ("A/x.md", "a/X.md")]
)
def test_names_that_cannot_stand_beside_each_other_are_refused(
    world: World, objects: ObjectsInMemory, names: tuple[str, str]
) -> None:
    entries = {f"knowledge/{name}": b"text" for name in names}
    with pytest.raises(InvalidArchiveError, match="clashes"):
        transfer(objects, world).restore(io.BytesIO(archive_of(entries)))
    assert objects.objects == CONTENTS


def test_a_document_that_clashes_with_one_that_is_kept_is_refused(world: World, objects: ObjectsInMemory) -> None:
    archive = archive_of({"knowledge/ARTICLES/accounts.md": b"text"})
    with pytest.raises(InvalidArchiveError, match="clashes"):
        transfer(objects, world).restore(io.BytesIO(archive))
    transfer(objects, world).restore(io.BytesIO(archive), mode="replace")
    assert objects.objects == {"ARTICLES/accounts.md": b"text"}


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"max_documents": 1}, "entries"),
        ({"max_document_bytes": 2_000_000}, "zeros"),
        ({"max_total_bytes": 2_000_000}, "unpacks to"),
        ({"max_ratio": 100}, "times its size"),
        ({"max_archive_bytes": 500}, "limit is 500"),
    ],
)
def test_a_bomb_is_refused_before_it_is_unpacked(
    world: World, objects: ObjectsInMemory, limits: dict[str, int], told: str
) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a.md", "zeros.md"):
            archive.writestr(f"knowledge/{name}", bytes(3_000_000 if name == "zeros.md" else 10))
        archive.writestr("knowledge/c.md", b"c")
    generous = {"max_ratio": 10_000} | limits
    with pytest.raises(InvalidArchiveError, match=told):
        transfer(objects, world, **generous).restore(bomb)
    assert objects.objects == CONTENTS


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        ("{broken", "manifest"),
        ({"format": "firstline-knowledge", "version": 2, "documents": []}, "version"),
        ({"format": "another", "version": 1, "documents": []}, "format"),
        ({"format": "firstline-knowledge", "version": 1, "documents": []}, "differ"),
        (
            {
                "format": "firstline-knowledge",
                "version": 1,
                "documents": [{"key": "a.md", "bytes": 1, "sha256": "0" * 64}],
            },
            "not what the manifest says",
        ),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    world: World, objects: ObjectsInMemory, manifest: Any, told: str
) -> None:
    with pytest.raises(InvalidArchiveError, match=told):
        transfer(objects, world).restore(io.BytesIO(archive_of({"knowledge/a.md": b"a"}, manifest=manifest)))
    assert objects.objects == CONTENTS


def test_what_is_no_zip_or_has_no_manifest_is_refused(world: World, objects: ObjectsInMemory) -> None:
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("knowledge/a.md", b"a")
    for content in (b"", b"no zip", plain.getvalue()):
        with pytest.raises(InvalidArchiveError):
            transfer(objects, world).restore(io.BytesIO(content))


def test_no_damaged_byte_changes_anything_but_by_a_named_error(world: World, objects: ObjectsInMemory) -> None:
    good = exported(transfer(objects, world))
    service = transfer(target := ObjectsInMemory({"kept.md": b"kept"}), world)
    dice = random.Random(7)
    for _ in range(400):
        damaged = bytearray(good)
        for _ in range(dice.randint(1, 3)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        if dice.random() < 0.3:
            del damaged[dice.randrange(len(damaged)) :]
        try:
            manifest = service.check(io.BytesIO(bytes(damaged)))
        except InvalidArchiveError:
            continue
        assert {document.key for document in manifest.documents} == CONTENTS.keys()
    assert target.objects == {"kept.md": b"kept"}


def test_an_encrypted_entry_is_refused(world: World, objects: ObjectsInMemory) -> None:
    content = bytearray(archive_of({"knowledge/a.md": b"a"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    with pytest.raises(InvalidArchiveError, match="encrypted"):
        transfer(objects, world).restore(io.BytesIO(bytes(content)))


def test_hidden_objects_stay_out_and_a_key_that_fits_nowhere_is_named(world: World) -> None:
    service = transfer(ObjectsInMemory({".DS_Store": b"x", "a.md": b"a"}), world)
    assert [document.key for document in service.check(io.BytesIO(exported(service))).documents] == ["a.md"]
    for keys in (["a/../b.md"], ["a.md", "A.md"]):
        with pytest.raises(InvalidInputError, match="cannot be exported"):
            exported(transfer(ObjectsInMemory(dict.fromkeys(keys, b"x")), world))


def test_keys_that_every_store_can_keep_are_safe() -> None:
    assert [unsafe_key(key) for key in ("a.md", "articles/a b.md", "x/\u00e4.md")] == ["", "", ""]
    assert clashing_key(["a/b.md", "a/c.md", "ab.md"]) == ""
