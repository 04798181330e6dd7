"""Start the web server of ``featser app``."""

import ipaddress
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from featser.bundle import read_card
from featser.errors import MissingExtraError, UsageError


def serve(
    models: str | Path | Sequence[str | Path],
    host: str = "127.0.0.1",
    port: int = 8765,
    *,
    max_mb: float = 50,
    max_seconds: float = 600,
    plugins: Sequence[str] = (),
    started: Callable[[str], None] | None = None,
) -> None:
    """Serve a web page and an HTTP API until Ctrl-C.

    Parameters
    ----------
    models : str, Path or sequence of these
        model files; the first one answers by default
    host : str
        address to listen on; any other than this machine's own is reachable from the network
    port : int
        port to listen on; 0 for any free one
    max_mb : float
        largest upload in MB
    max_seconds : float
        longest recording in seconds
    plugins : sequence of str
        Python files that register descriptors
    started : callable, optional
        called with the address of the page when it can be opened

    Raises
    ------
    MissingExtraError
        FastAPI or uvicorn is not installed
    UsageError
        a model does not exist, two have the same name, or the port is in use
    InputError
        a model cannot be loaded
    """
    try:
        import uvicorn

        from featser.app.gate import LOCAL_HOSTS
        from featser.app.service import create_app
        from featser.app.workers import Workers
    except ImportError as error:
        raise MissingExtraError("featser app", "app") from error
    names = _names([models] if isinstance(models, str | Path) else models)
    cards = {name: read_card(path) for name, path in names.items()}
    with _listening(host, port) as listener:
        workers = Workers(list(names.items()), plugins)
        try:
            hosts = (*LOCAL_HOSTS, host) if is_local(host) else ()
            app = create_app(workers, cards, round(max_mb * (1 << 20)), max_seconds, hosts)
            config = uvicorn.Config(
                app, log_level="warning", access_log=False, server_header=False, proxy_headers=False
            )
            if started:
                shown = f"[{host}]" if ":" in host else host
                started(f"http://{shown}:{listener.getsockname()[1]}")
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C, so that children are stopped
            uvicorn.Server(config).run(sockets=[listener])
        except KeyboardInterrupt:  # the usual end of a server
            pass
        finally:
            workers.close()


def is_local(host: str) -> bool:
    """Whether only this machine can reach a host.

    Parameters
    ----------
    host : str
        name or address

    Returns
    -------
    bool

    Examples
    --------
    >>> is_local("localhost"), is_local("127.0.0.1"), is_local("0.0.0.0")
    (True, True, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _names(models: Sequence[str | Path]) -> dict[str, Path]:
    names = {Path(each).stem: Path(each) for each in models}
    if len(names) < len(models):
        raise UsageError(f"Two of {len(models)} models have the same file name. Copy one of them to another name.")
    return names


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"Cannot listen on {host}, port {port} ({reason}). Choose another one: --port 0.") from error
