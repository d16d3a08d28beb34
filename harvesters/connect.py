"""Connections that a source's name cannot lead astray: the address is checked when it is dialled.

A name is looked up once and the address that passed is the one that is connected to, so a name server that
answers differently the second time gains nothing. TLS still checks the certificate against the name.
"""

import ipaddress
import socket
import ssl
from collections.abc import Collection, Iterable
from typing import Any

import httpcore2
import httpx2
from httpcore2 import NetworkBackend, NetworkStream, SyncBackend

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_ONE_CONNECTION = httpx2.Limits(max_connections=4, max_keepalive_connections=4)


class ForbiddenAddress(Exception):
    """A name of the outside leads to an address inside; it was not connected to."""


class GuardedTransport(httpx2.HTTPTransport):
    """The usual transport, but a name may lead to public addresses only unless it is in `trusted`."""

    def __init__(self, trusted: Collection[str], verify: ssl.SSLContext | bool = True) -> None:
        super().__init__(verify=verify, trust_env=False, limits=_ONE_CONNECTION)
        self._pool.close()
        # httpx2 offers no way to hand its pool a backend, httpcore2 does.
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(verify=verify, trust_env=False),
            max_connections=_ONE_CONNECTION.max_connections,
            max_keepalive_connections=_ONE_CONNECTION.max_keepalive_connections,
            keepalive_expiry=30,
            network_backend=_GuardedBackend(trusted),
        )


class _GuardedBackend(NetworkBackend):
    def __init__(self, trusted: Collection[str]) -> None:
        self._trusted = {name.lower() for name in trusted}
        self._plain = SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> NetworkStream:
        """Connect to the first address of `host` that answers, if it may be connected to at all."""
        failure: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in self._addresses(host, port):
            try:
                return self._plain.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as problem:
                failure = problem
        raise failure

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as problem:
            raise httpcore2.ConnectError(f"{host} has no address: {problem}") from problem
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not self._is_trusted(host):
            for address in addresses:
                if not is_public(address):
                    raise ForbiddenAddress(
                        f"{host} leads to {address}, an address inside a private network, and was not "
                        "asked; if it is a mirror of yours, add its name to HARVEST_PRIVATE_HOSTS"
                    )
        return addresses

    def _is_trusted(self, host: str) -> bool:
        """Whether whoever set the base wrote down an inside address, or the setting names the host."""
        name = host.lower()
        if name in self._trusted or name == "localhost":
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def is_public(address: str) -> bool:
    """Whether `address` belongs to the public Internet, also when it is wrapped in an IPv6 address."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if parsed in _NAT64:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return parsed.is_global and not parsed.is_multicast
