"""A small SMTP server on loopback that takes mail, and misbehaves where a test wants it."""

from __future__ import annotations

import base64
import email
import email.policy
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any


class Postbox(socketserver.ThreadingTCPServer):
    """What it took is in `mails`. How it misbehaves:

    refuse: address -> answer to RCPT; data: answer after DATA; hang_up_in_data: addresses whose DATA ends the connection;
    most: mails of one connection, then 421; drips: an endless answer to MAIL, a byte at a time."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, str]] = []
        self.connections = 0
        self.refuse: dict[str, str] = {}
        self.sender: str | None = None
        self.data: str | None = None
        self.hang_up_in_data: set[str] = set()
        self.most: int | None = None
        self.drips = False
        self.greeting = "220 postbox.example"
        self.tls: ssl.SSLContext | None = None
        self.implicit = False
        self.password: tuple[str, str] | None = None
        self.heard: list[str] = []

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def recipients(self) -> list[str]:
        return [to for _sender, to in self.envelopes]

    def get_request(self) -> Any:
        request, address = super().get_request()
        return (self.tls.wrap_socket(request, server_side=True) if self.tls and self.implicit else request), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is no error here."""


class _Session(socketserver.StreamRequestHandler):
    server: Postbox

    def handle(self) -> None:
        self.server.connections += 1
        self.sender, self.to, self.taken, self.signed_in, self.secure = "", "", 0, False, self.server.implicit
        self.say(self.server.greeting)
        with suppress(OSError):
            while line := self.rfile.readline():
                words = line.decode("utf-8", "replace").strip()
                self.server.heard.append(words)
                if not self.answer(words.split(" ", 1)[0].upper(), words):
                    return

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.request.close()

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        self.wfile.flush()

    def answer(self, verb: str, line: str) -> bool:
        """False ends the connection."""
        return getattr(self, f"on_{verb.lower()}", self.on_other)(line)

    def on_other(self, line: str) -> bool:
        self.say("250 fine")
        return True

    def on_ehlo(self, line: str) -> bool:
        offers = ["250-postbox.example", "250-8BITMIME", "250-SMTPUTF8"]
        offers += ["250-STARTTLS"] if self.server.tls and not self.secure else []
        offers += ["250-AUTH PLAIN"] if self.server.password else []
        self.say(*offers, "250 HELP")
        return True

    def on_starttls(self, line: str) -> bool:
        assert self.server.tls
        self.say("220 go on")
        self.request = self.server.tls.wrap_socket(self.request, server_side=True, do_handshake_on_connect=False)
        self.request.do_handshake()
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb")
        self.secure = True
        return True

    def on_auth(self, line: str) -> bool:
        _, user, password = base64.b64decode(line.split()[-1]).decode().split("\0")
        self.signed_in = (user, password) == self.server.password
        self.say("235 welcome" if self.signed_in else "535 5.7.8 no such pair")
        return True

    def on_mail(self, line: str) -> bool:
        if self.server.drips:
            return self.drip()
        if self.server.most is not None and self.taken >= self.server.most:
            self.say("421 4.7.0 enough for one connection")
            return False
        if self.server.password and not self.signed_in:
            self.say("530 sign in first")
            return True
        self.sender = _between(line)
        self.say(self.server.sender or "250 fine")
        return True

    def drip(self) -> bool:
        while True:
            self.request.sendall(b"2")
            if self.server.stopping.wait(0.02):
                return False

    def on_rcpt(self, line: str) -> bool:
        self.to = _between(line)
        self.say(self.server.refuse.get(self.to, "250 fine"))
        return True

    def on_data(self, line: str) -> bool:
        self.say("354 go on")
        lines = iter(self.rfile.readline, b".\r\n")
        if self.to in self.server.hang_up_in_data:
            next(lines)
            self.request.shutdown(socket.SHUT_RDWR)
            return False
        content = b"".join(each[1:] if each.startswith(b"..") else each for each in lines)
        if self.server.data:
            self.say(self.server.data)
            return True
        self.server.envelopes.append((self.sender, self.to))
        self.server.mails.append(email.message_from_bytes(content, policy=email.policy.default))  # type: ignore[arg-type]
        self.taken += 1
        self.say("250 taken")
        return True

    def on_quit(self, line: str) -> bool:
        self.say("221 bye")
        return False


def _between(line: str) -> str:
    return line[line.index("<") + 1 : line.index(">")]


@contextmanager
def postbox() -> Iterator[Postbox]:
    with Postbox() as server:
        server.stopping = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.stopping.set()  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


def certificate(folder: Path) -> ssl.SSLContext:
    """A server's TLS with a certificate that nobody signed."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "postbox.example")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    )
    made = builder.sign(key, hashes.SHA256())
    path = folder / "postbox.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
