"""The widget as it is published: modules joined, sizes kept, sums right."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from firstline.web.widget_files import ENTRY, LATER, joined, widget_files, write_published


def listed(loader: bytes) -> dict[str, str]:
    found = re.search(rb"const FILES ?= ?\(?(\{.*?\})\)?;", loader)
    assert found is not None
    sums: dict[str, str] = json.loads(found[1])
    return sums


def test_the_loader_names_every_file_with_its_sum() -> None:
    published = widget_files()
    sums = {
        name: f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"
        for name, content in published.files.items()
    }
    assert listed(published.loader) == sums
    assert b"{{" not in published.loader


def test_what_loads_first_and_what_loads_in_all_stays_small() -> None:
    published = widget_files()
    size = {name: len(gzip.compress(content, 9)) for name, content in published.files.items()}
    loader = len(gzip.compress(published.loader, 9))
    first = loader + size[ENTRY] + size["widget.css"]
    whole = loader + sum(size for name, size in size.items() if not name.startswith("locale-"))
    texts = [size[f"locale-{language}.json"] for language in published.languages]
    assert first + max(texts) <= 15_000
    assert whole + size["locale-en.json"] <= 30_000
    assert whole + max(texts) <= 30 * 1024


def test_what_is_written_to_a_folder_is_what_is_served(tmp_path: Path) -> None:
    published = write_published(tmp_path)
    folder = tmp_path / "widget" / published.version
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == dict(published.files)
    assert (tmp_path / "widget.js").read_bytes() == published.loader


def test_modules_are_joined_after_what_they_import_and_import_the_rest_from_where_it_went() -> None:
    sources = {
        "a.js": 'import { c } from "./c.js";\n\nexport const a = c;\n',
        "b.js": 'import { a } from "./a.js";\nimport { c } from "./c.js";\nimport { d } from "./d.js";\nb(a, c, d);\n',
        "c.js": "export const c = 1;\n",
        "d.js": 'import {\n  c,\n} from "./c.js";\n\nexport const d = c;\n',
    }
    made = joined(sources, ("a.js", "b.js"))
    assert made == {
        "a.js": "export const c = 1;\n\nexport const a = c;\n",
        "b.js": 'import{a,c}from"./a.js";\n\nexport const d = c;\nb(a, c, d);\n',
    }


def test_modules_of_one_file_that_use_a_name_twice_are_refused() -> None:
    sources = {
        "a.js": 'import { b } from "./b.js";\nconst one = b;\n',
        "b.js": "const one = 1;\nexport const b = one;\n",
    }
    with pytest.raises(ValueError, match="its modules use the same names: one"):
        joined(sources, ("a.js",))


def test_every_import_names_a_file_that_is_published() -> None:
    files = widget_files().files
    imported = {name for content in files.values() for name in re.findall(r'from ?"\./([^"]+)"', content.decode())}
    assert imported <= files.keys()
    assert {ENTRY, *LATER} <= files.keys()
