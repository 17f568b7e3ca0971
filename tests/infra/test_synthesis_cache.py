"""What is synthesised is made anew when something changes that it is made from."""

import json
from pathlib import Path

import pytest

from tests.infra import synthesis_cache
from tests.infra.synthesis_cache import PACKAGE, content_id, kept

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "infra_cdk" / "__pycache__").mkdir(parents=True)
    (tmp_path / "infra_cdk" / "app.py").write_text("one")
    monkeypatch.setattr(synthesis_cache, "ROOT", tmp_path)
    monkeypatch.setattr(synthesis_cache, "FOLDER", tmp_path / "kept")
    monkeypatch.setattr(synthesis_cache, "SOURCES", (Path("infra_cdk"),))
    return tmp_path


def test_it_is_made_once_for_each_content_and_not_kept_if_it_could_not_be_made(root):
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        assert list(folder.iterdir()) == []
        (folder / "out").write_text((root / "infra_cdk" / "app.py").read_text())
        if (root / "infra_cdk" / "app.py").read_text() == "broken":
            raise ValueError("not synthesised")

    assert kept(make) == kept(make)
    (root / "infra_cdk" / "__pycache__" / "app.pyc").write_text("compiled")
    first = kept(make)
    (root / "infra_cdk" / "app.py").write_text("two")
    assert ((first / "out").read_text(), (kept(make) / "out").read_text(), len(made)) == ("one", "two", 2)
    (root / "infra_cdk" / "app.py").write_text("broken")
    for _ in range(2):
        with pytest.raises(ValueError, match="not synthesised"):
            kept(make)
    assert len(made) == 4


def test_a_new_file_a_new_name_and_a_new_content_are_changes(root):
    seen = {content_id()}
    (root / "infra_cdk" / "app.py").rename(root / "infra_cdk" / "application.py")
    seen.add(content_id())
    (root / "infra_cdk" / "new.py").touch()
    seen.add(content_id())
    (root / "infra_cdk" / "new.py").write_text("x")
    seen.add(content_id())
    assert len(seen) == 4


def test_what_synthesis_imports_of_the_package_is_among_what_is_looked_at(assembly):
    names = json.loads(assembly.with_name("modules.json").read_text())
    package = PACKAGE.parent
    files = {path.relative_to(package).with_suffix("").as_posix() for path in synthesis_cache.MODULES}
    assert {name.replace(".", "/") for name in names} == {file.removesuffix("/__init__") for file in files}


def test_every_source_is_there():
    assert [str(path) for path in synthesis_cache.SOURCES if not (synthesis_cache.ROOT / path).exists()] == []
