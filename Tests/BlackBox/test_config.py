"""`patchbay config`: what holds, where it came from, and nothing that is secret."""

import json

import program


def config(*arguments, folder, **environment):
    result = program.run("config", *arguments, cwd=folder, env=program.bare(environment))
    assert result.returncode == 0, result
    return result


def settings(*arguments, folder, **environment):
    document = json.loads(config("--json", *arguments, folder=folder, **environment).stdout)
    return {setting["key"]: setting for setting in document["settings"]}, document["warnings"]


def test_the_later_source_wins_and_is_named(tmp_path):
    (tmp_path / "patchbay.json5").write_text("{\n // ours\n listen: '127.0.0.1:1', loops: 1, node: 'file' }")
    found, warnings = settings("--listen", "127.0.0.1:3", folder=tmp_path, PATCHBAY_LISTEN="127.0.0.1:2", PATCHBAY_LOOPS=2)
    assert found["listen"]["value"] == "127.0.0.1:3" and found["listen"]["origin"] == {"from": "flag", "name": "--listen"}
    assert found["loops"]["value"] == 2 and found["loops"]["origin"] == {"from": "environment", "name": "PATCHBAY_LOOPS"}
    assert found["node"]["origin"] == {"from": "file", "path": "patchbay.json5", "line": 3}
    assert found["database"] == {"key": "database", "value": "sqlite:patchbay.db", "origin": {"from": "default"}}
    assert warnings == []


def test_the_template_changes_nothing(tmp_path):
    template = config("--template", folder=tmp_path).stdout
    (tmp_path / "t.json5").write_text(template)
    found, _ = settings("--config", "t.json5", folder=tmp_path)
    plain, _ = settings(folder=tmp_path)
    assert {key: row["value"] for key, row in found.items()} == {key: row["value"] for key, row in plain.items()}


def test_secrets_are_masked_and_may_come_from_files(tmp_path):
    (tmp_path / "key").write_text("sk-from-file\n")
    environment = {"OPENAI_API_KEY_FILE": tmp_path / "key", "TWILIO_AUTH_TOKEN": "token-one,token-two"}
    for arguments in ([], ["--json"]):
        result = config(*arguments, folder=tmp_path, **environment)
        text = result.stdout + result.stderr
        assert "•••" in text and "OPENAI_API_KEY_FILE" in text
        for secret in ("sk-from-file", "token-one", "token-two"):
            assert secret not in text
