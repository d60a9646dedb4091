"""Messages on a socket: a length, then the message. Whoever reads decides beforehand how much is taken."""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass, field

_LENGTH = struct.Struct(">I")


class Closed(Exception):
    """The other side has gone."""


class TooMuch(Exception):
    """The other side sends more than is taken."""


class Late(Exception):
    """Nothing came in time."""


def send(sock: socket.socket, message: bytes) -> None:
    """Send one message."""
    sock.sendall(_LENGTH.pack(len(message)) + message)


@dataclass
class Reader:
    """Reads messages from a socket.

    Attributes:
        sock: the socket.
        most: bytes of one message.
        budget: bytes of all messages together; what is left of it.
    """

    sock: socket.socket
    most: int
    budget: int
    _rest: bytearray = field(default_factory=bytearray)

    def read(self, seconds: float | None = None) -> bytes:
        """The next message.

        Raises:
            Closed: the other side has gone.
            TooMuch: the message, or all of them, are larger than what is taken.
            Late: it is not complete after so many seconds.
        """
        end = None if seconds is None else time.monotonic() + seconds
        (length,) = _LENGTH.unpack(self._take(_LENGTH.size, end))
        self.budget -= length
        if length > self.most or self.budget < 0:
            raise TooMuch
        return self._take(length, end)

    def _take(self, count: int, end: float | None) -> bytes:
        while len(self._rest) < count:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise Late
            self.sock.settimeout(left)
            try:
                part = self.sock.recv(min(2**20, max(4096, count - len(self._rest))))
            except TimeoutError:
                raise Late from None
            except OSError as error:
                raise Closed from error
            if not part:
                raise Closed
            self._rest += part
        found = bytes(self._rest[:count])
        del self._rest[:count]
        return found
