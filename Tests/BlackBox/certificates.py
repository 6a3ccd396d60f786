"""Certificates made on the fly with the openssl command."""

import dataclasses
import pathlib
import subprocess


def openssl(*arguments, **options):
    return subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=20,
        **({"stdin": subprocess.DEVNULL} | options if "input" not in options else options))


@dataclasses.dataclass
class Identity:
    """A certificate for localhost and its key."""

    certificate: pathlib.Path
    key: pathlib.Path


class Authority:
    """A certificate authority of this test run."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.folder.mkdir()
        self.file = folder / "ca.pem"
        self._make("ca", "-x509", "-days", "2", "-subj", f"/CN={folder.name}", "-out", self.file,
                   "-addext", "keyUsage=critical,keyCertSign")

    def identity(self, name: str) -> Identity:
        """RSA, so that a suite without forward secrecy would be possible if it were allowed."""
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\nbasicConstraints=CA:FALSE\n")
        certificate = self.folder / f"{name}.pem"
        key = self._make(name, "-subj", f"/CN={name}", "-out", request)
        answer = openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.folder / "ca.key", "-days", "2",
                         "-CAcreateserial", "-extfile", extensions, "-out", certificate)
        assert answer.returncode == 0, answer.stderr
        return Identity(certificate, key)

    def _make(self, name: str, *arguments) -> pathlib.Path:
        key = self.folder / f"{name}.key"
        answer = openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, *arguments)
        assert answer.returncode == 0, answer.stderr
        return key
