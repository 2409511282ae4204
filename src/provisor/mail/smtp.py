"""Mails over SMTP: one connection for many, made anew when the server ends it. No mail, and no server, holds up others."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
import threading
from collections.abc import Iterator
from email.message import EmailMessage

from provisor.mail.defusing import one_line
from provisor.mail.transport import Away, Postponed, Refused, Server

PATIENCE = 15.0  # seconds for each answer
DEADLINE = 60.0  # seconds for one mail, however slowly the server answers
READY = 220
PERMANENT = 500
CLOSING = 421  # the server ends the connection


class SmtpTransport:
    """Connects with the first mail. Not for several threads."""

    def __init__(self, where: Server, greeting: str, *, patience: float = PATIENCE, deadline: float = DEADLINE) -> None:
        self._where, self._greeting = where, greeting
        self._patience, self._deadline = patience, deadline
        self._connection: smtplib.SMTP | None = None
        self._used = False

    def check(self) -> None:
        self._connect()

    def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError), self._within(self._connection):
                self._connection.quit()
        self._drop()

    def send(self, message: EmailMessage, *, id: str) -> None:
        """Raises Refused, Postponed or Away. `id` is the message's; a server knows it from there."""
        if self._connection is not None and self._used:
            with contextlib.suppress(_Ended):
                return self._send(message)
        try:
            self._send(message)
        except _Ended as error:
            raise Postponed(str(error)) from error

    def _send(self, message: EmailMessage) -> None:
        connection = self._connect()
        try:
            with self._within(connection):
                self._used = True
                connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            raise self._judged(*next(iter(error.recipients.values()))) from error
        except smtplib.SMTPSenderRefused as error:
            if error.smtp_code == CLOSING:
                raise self._ended("ended the connection", error) from error
            raise Postponed(f"The server doesn't take mail from {error.sender}: {_words(error)}") from error
        except smtplib.SMTPNotSupportedError as error:
            raise Refused("The server can't send to an address with such letters.") from error
        except smtplib.SMTPResponseException as error:
            raise self._judged(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            raise self._ended("broke off the connection", error) from error
        except (UnicodeError, ValueError) as error:
            raise Refused(f"The mail can't be written: {type(error).__name__}.") from error

    def _judged(self, code: int, said: bytes | str) -> Exception:
        words = f"{code} {_text(said)}"
        if code == CLOSING:
            self._drop()
        return Refused(words) if code >= PERMANENT else Postponed(words)

    def _ended(self, what: str, error: Exception) -> _Ended:
        self._drop()
        return _Ended(f"{self._where.shown} {what} while the mail was sent. {_words(error)}".strip())

    def _drop(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._connection.close()
        self._connection = None

    # Connecting

    def _connect(self) -> smtplib.SMTP:
        if self._connection is None:
            self._connection, self._used = self._new(), False
        return self._connection

    def _new(self) -> smtplib.SMTP:
        connection = self._made()
        try:
            with self._within(connection):
                code, said = connection.connect(self._where.host, self._where.port)
                if code != READY:
                    raise smtplib.SMTPConnectError(code, said)
                connection.ehlo_or_helo_if_needed()
                self._secure(connection)
                if self._where.user:
                    connection.login(self._where.user, self._where.password)
        except (smtplib.SMTPException, OSError) as error:
            connection.close()
            raise Away(f"{self._where.shown} can't be used: {_why(error)}") from error
        except BaseException:
            connection.close()
            raise
        return connection

    def _made(self) -> smtplib.SMTP:
        greeting, patience = self._greeting, self._patience
        if self._where.implicit:
            made: smtplib.SMTP = smtplib.SMTP_SSL(local_hostname=greeting, timeout=patience, context=self._context())
        else:
            made = smtplib.SMTP(local_hostname=greeting, timeout=patience)
        made._host = self._where.host  # type: ignore[attr-defined]  # whose certificate it has to be
        return made

    def _secure(self, connection: smtplib.SMTP) -> None:
        if self._where.implicit or self._where.tls == "off":
            return
        if connection.has_extn("starttls"):
            connection.starttls(context=self._context())
            connection.ehlo_or_helo_if_needed()
        elif self._where.needs_tls:
            raise Away(f"{self._where.shown} offers no TLS. Use another port, or say ?tls=off in PROVISOR_EMAIL_URL.")

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if not self._where.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    @contextlib.contextmanager
    def _within(self, connection: smtplib.SMTP) -> Iterator[None]:
        """A server that sends a byte now and then would keep us for ever: at the deadline its socket is closed."""
        timer = threading.Timer(self._deadline, _shut, [connection])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


class _Ended(Exception):
    """The connection is over; whether the mail arrived isn't known."""


def _shut(connection: smtplib.SMTP) -> None:
    if (line := connection.sock) is not None:
        with contextlib.suppress(OSError):
            line.shutdown(2)


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate isn't valid here ({error.verify_message}). ?verify=no takes any."
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"it refuses the user or password of PROVISOR_EMAIL_URL: {_words(error)}"
    return _words(error) or "it doesn't answer."


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    if isinstance(error, TimeoutError):
        return "It doesn't answer in time."
    return one_line(getattr(error, "strerror", None) or str(error))


def _text(said: bytes | str) -> str:
    return one_line(said.decode(errors="replace") if isinstance(said, bytes) else said)
