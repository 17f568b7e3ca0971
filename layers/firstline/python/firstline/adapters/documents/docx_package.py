"""A docx as the zip of XML parts that it is, opened with distrust."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from firstline.adapters.documents.limits import ReadLimits
from firstline.domain.errors import UnreadableDocumentError

_RATIO_FROM_BYTES = 1024 * 1024
_MOST_PARTS = 10_000
_ENCRYPTED_FLAG = 0x1
_OLE_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")


class DocxPackage:
    """The parts of one docx. What is unpacked is counted as it is unpacked, whatever the zip declares.

    Raises
    ------
    UnreadableDocumentError
        The content is encrypted, an old .doc, no zip, or declares to unpack into more than the limits allow.
    """

    def __init__(self, content: bytes, limits: ReadLimits) -> None:
        if content.startswith(_OLE_MARK):
            encrypted = _ENCRYPTED_STREAM in content
            reason = (
                "it is encrypted; save it without a password" if encrypted else "it is an old .doc; save it as docx"
            )
            raise UnreadableDocumentError(reason)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, UnicodeDecodeError) as error:
            raise UnreadableDocumentError("the docx is broken: it is no complete zip archive") from error
        self._limits = limits
        self._left = limits.max_expanded_bytes
        members = self._zip.infolist()
        self._members = {member.filename: member for member in members}
        if sum(member.file_size for member in members) > limits.max_expanded_bytes or len(members) > _MOST_PARTS:
            raise UnreadableDocumentError(_bomb(limits))

    def main_part(self) -> str:
        """Return the name of the document's own part."""
        for kind, target, _ in self.relations(""):
            if kind == "officeDocument":
                return target
        return "word/document.xml"

    def related(self, part: str, kind: str) -> Element | None:
        """Return the part that another names as its ``styles``, ``numbering``, ``footnotes``, ...; None without one."""
        for found, target, _ in self.relations(part):
            if found == kind:
                return self.xml(target)
        return None

    def relations(self, part: str) -> list[tuple[str, str, str]]:
        """Return kind, target and id of what a part refers to; parts within the package by their name."""
        folder, name = posixpath.split(part)
        tree = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        relations = []
        for node in tree if tree is not None else ():
            target = node.get("Target", "")
            if node.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join(folder, target)) if target[:1] != "/" else target[1:]
            relations.append((node.get("Type", "").rpartition("/")[2], target, node.get("Id", "")))
        return relations

    def xml(self, name: str) -> Element | None:
        """Return a part as a tree whose names carry no namespace; None if there is no such part.

        Raises
        ------
        UnreadableDocumentError
            The part is broken, encrypted, unpacks into too much, declares entities or is nested too deeply.
        """
        member = self._members.get(name)
        return None if member is None else _parsed(self._unpacked(member), name, self._limits.max_depth)

    def _unpacked(self, member: zipfile.ZipInfo) -> bytes:
        if member.flag_bits & _ENCRYPTED_FLAG:
            raise UnreadableDocumentError("it is encrypted; save it without a password")
        allowed = min(self._left, max(_RATIO_FROM_BYTES, member.compress_size * self._limits.max_ratio))
        try:
            with self._zip.open(member) as stream:
                content = stream.read(allowed + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
            raise UnreadableDocumentError(f"the docx is broken: {member.filename} cannot be unpacked") from error
        if len(content) > allowed:
            raise UnreadableDocumentError(_bomb(self._limits))
        self._left -= len(content)
        return content


def _bomb(limits: ReadLimits) -> str:
    allowed = limits.max_expanded_bytes // (1024 * 1024)
    return (
        f"the docx unpacks into far more than it should (over {allowed} MB or {limits.max_ratio} times its size), "
        "as a zip bomb does"
    )


def _parsed(content: bytes, name: str, max_depth: int) -> Element:
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > max_depth:
            raise UnreadableDocumentError(f"its elements are nested more than {max_depth} deep")
        builder.start(_local(tag), {_local(key): value for key, value in attributes.items()})

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_local(tag))

    def doctype(*_: object) -> None:
        raise UnreadableDocumentError(f"{name} declares a document type, as attacks by entities do; no Word file does")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(content, True)
        return builder.close()
    except (expat.ExpatError, AssertionError, ValueError, LookupError) as error:
        raise UnreadableDocumentError(f"the docx is broken: {name} is not well-formed XML") from error


def _local(name: str) -> str:
    return name.rpartition("}")[2]
