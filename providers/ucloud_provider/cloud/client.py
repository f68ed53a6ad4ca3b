"""Calls to UCloud through its SDK: signed, timed, logged without secrets, retried by our policy alone.

The SDK's own retries are off: it repeats creating calls blindly, at once and without a pause, and `max_retries=0` on a
call is taken for "not given" (`options.get("max_retries") or config`), so they are turned off in its config and in a
transport of ours. Its logger prints passwords and signatures: it is never given a handler.
"""

from __future__ import annotations

import logging
import re
import statistics
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests import exceptions
from ucloud.client import Client as SdkClient
from ucloud.core import exc
from ucloud.core.transport import http
from ucloud.core.utils.middleware import Middleware
from urllib3.exceptions import NewConnectionError

from ucloud_provider.cloud import retry
from ucloud_provider.cloud.credentials import Credentials
from ucloud_provider.cloud.identity import identify
from ucloud_provider.cloud.retcodes import remedy
from ucloud_provider.errors import CloudError, InvalidSpec, NotSent, ResponseLost
from ucloud_provider.run import Cancel

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 70.0
"""Seconds. UCloud's gateway gives up a call after 60 s and says so (RetCode 110): that is waited for."""

SECRET_PARAMETERS = frozenset({"Password", "UserData", "Signature", "PublicKey", "PrivateKey", "SecurityToken"})

_silent = logging.getLogger("ucloud_provider.sdk")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False
_silent.disabled = True


class _Transport(http.Transport):  # type: ignore[misc]  # the SDK has no types
    """HTTP as the SDK wants it, on one kept-alive connection a thread and with no retries."""

    def __init__(self) -> None:
        self._local = threading.local()
        self.headers: Mapping[str, str] = {}
        self._ahead: deque[float] = deque(maxlen=5)
        """Seconds by which UCloud's clock was ahead of `_elapsed`, by its latest answers."""

    def now(self) -> float:
        """UCloud's time in seconds since 1970, whatever this machine's clock says or jumps to.

        By the median of the latest answers: a slow one tells of a time that is past, a proxy's of one that is wrong.
        """
        return statistics.median(self._ahead) + _elapsed() if self._ahead else time.time()

    def send(self, req: Any, **options: Any) -> Any:
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
        answer = session.request(
            req.method.upper(),
            req.url,
            data=req.data,
            params=req.params,
            headers={**req.headers, **self.headers},
            timeout=(CONNECT_TIMEOUT, options.get("timeout") or READ_TIMEOUT),
            allow_redirects=False,  # a signed request is for UCloud alone
        )
        if not 200 <= answer.status_code < 300:
            raise exc.HTTPStatusException(answer.status_code, answer.headers.get(http.REQUEST_UUID_HEADER_KEY))
        if (date := _date(answer.headers.get("Date"))) is not None:
            self._ahead.append(date - _elapsed())
        return http.Response(
            url=req.url,
            method=req.method,
            request=req,
            status_code=answer.status_code,
            reason=answer.reason,
            headers=answer.headers,
            content=answer.content,
            encoding=answer.encoding,
        )


@dataclass(frozen=True)
class Api:
    """UCloud's API in one project and region. Cheap to derive for another: `api.at(region="cn-sh2")`."""

    sdk: Any = field(repr=False)
    credentials: Credentials
    project_id: str | None
    region: str | None
    cancel: Cancel = field(default_factory=Cancel, repr=False)
    log: Callable[[str], None] = field(default=lambda _text: None, repr=False)
    notice: Callable[[str], None] = field(default=lambda _text: None, repr=False)
    """Told of retries, for whoever watches."""
    patience: float = retry.BRIEF
    """Seconds for which a call is made again while errors are transient."""
    clock: Callable[[], float] = field(default=time.time, repr=False)
    """UCloud's time, in seconds since 1970: ours until it has answered."""
    known: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """Answers that stay the same as long as a connection is used."""

    def at(self, *, project_id: str | None = None, region: str | None = None) -> Api:
        """The same API for another project or region; None keeps the one it has."""
        return replace(self, project_id=project_id or self.project_id, region=region or self.region)

    def using(
        self,
        *,
        cancel: Cancel | None = None,
        log: Callable[[str], None] | None = None,
        notice: Callable[[str], None] | None = None,
        patience: float | None = None,
    ) -> Api:
        """The same API with another cancellation, log, watcher or patience."""
        return replace(
            self,
            cancel=cancel or self.cancel,
            log=log or self.log,
            notice=notice or self.notice,
            patience=self.patience if patience is None else patience,
        )

    def read(self, action: str, **params: Any) -> dict[str, Any]:
        """A call that changes nothing: repeated while errors are transient."""
        return self._repeated(action, params)

    def read_once(self, action: str) -> dict[str, Any]:
        """A reading call without parameters whose answer does not change while this connection is used."""
        if action not in self.known:
            self.known[action] = self.read(action)
        answer: dict[str, Any] = self.known[action]
        return answer

    def change(self, action: str, **params: Any) -> dict[str, Any]:
        """A call that may be made twice with the same end, such as a stop or a release: repeated likewise."""
        return self._repeated(action, params)

    def create(self, action: str, **params: Any) -> dict[str, Any]:
        """A call that creates something: made once, and again only where it surely had no effect.

        Raises `ResponseLost` or a `CloudError` for which `retry.may_have_taken_effect` holds where the caller has to
        look for what it may have made.
        """

        def surely_refused(error: BaseException) -> bool:
            return retry.is_transient(error) and not retry.may_have_taken_effect(error)

        return self._repeated(action, params, when=surely_refused)

    def call(self, action: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """One call, no retry."""
        self.cancel.raise_if_set()
        sent: dict[str, Any] = {"ProjectId": self.project_id, "Region": self.region}
        sent.update({key: value for key, value in params.items() if value is not None})
        sent = {key: value for key, value in sent.items() if value is not None}
        self.log(f"api > {action} {_shown(sent)}")
        try:
            answer = self.sdk.invoke(action, dict(sent))
            if not isinstance(answer, dict):  # an empty body: the SDK lets that pass
                raise ValueError("no JSON object")
        except exc.RetCodeException as error:
            code = int(error.code)
            failure: CloudError = CloudError(action, code, f"{_on_a_line(error.message)}{remedy(code)}")
        except exc.HTTPStatusException as error:
            status = int(error.status_code)
            failed = CloudError if status < 500 else ResponseLost
            failure = failed(action, 0, "UCloud answered with an error", http_status=status)
        except (exceptions.MissingSchema, exceptions.InvalidSchema, exceptions.InvalidURL):
            wrong = f"{self.credentials.base_url!r} is no address; correct ucloud:baseUrl, or UCLOUD_BASE_URL"
            failure = CloudError(action, 0, wrong)
        except (exc.UCloudException, requests.RequestException, ValueError) as error:
            where = self.credentials.base_url
            if _never_sent(error):
                failure = NotSent(action, 0, f"{where} cannot be reached ({_cause(error)}); is the network there?")
            else:
                failure = ResponseLost(action, 0, f"no usable answer from {where} ({_cause(error)})")
        else:
            self.log(f"api < {action} ok")
            return answer
        self.log(f"api < {action} {failure}")
        raise failure from None

    def _repeated(
        self, action: str, params: Mapping[str, Any], when: Callable[[BaseException], bool] = retry.is_transient
    ) -> dict[str, Any]:
        def tell(text: str) -> None:
            self.log(f"api {action} retried: {text}")
            self.notice(text)

        return retry.repeat(
            lambda: self.call(action, params), cancel=self.cancel, when=when, told=tell, patience=self.patience
        )


def connect(credentials: Credentials, *, project_id: str | None = None, region: str | None = None) -> Api:
    """The API in a project and region, by default those of the credentials.

    Raises `InvalidSpec` where no region is given at all.
    """
    region = region or credentials.region
    if not region:
        raise InvalidSpec(["region: no region is given; set the argument, `ucloud:region` or UCLOUD_REGION"])
    if credentials.base_url.startswith("https://api.service.ucloud.cn"):
        raise InvalidSpec(["ucloud:baseUrl: the address inside a VPC has no https; give http://api.service.ucloud.cn"])
    transport = _Transport()
    middleware = Middleware()
    middleware.response(_understood)
    sdk = SdkClient(
        {
            "public_key": credentials.public_key,
            "private_key": credentials.private_key,
            "base_url": credentials.base_url,
            "max_retries": 0,
            "timeout": READ_TIMEOUT,
        },
        transport=transport,
        middleware=middleware,
        logger=_silent,
    )
    identify(sdk, credentials)
    return Api(
        sdk=sdk,
        credentials=credentials,
        project_id=project_id or credentials.project_id,
        region=region,
        clock=transport.now,
    )


def _understood(answer: Any, response: Any) -> Any:
    """The answer, where it is one of UCloud's: the SDK takes for granted that it is an object with a RetCode."""
    code = answer.get("RetCode") if isinstance(answer, dict) else None
    if isinstance(code, str) and code.isascii() and code.isdecimal() and len(code) < 10:
        code = int(code)
    if not isinstance(code, int) or isinstance(code, bool):
        raise exc.InvalidResponseException(response.content, "no answer of UCloud's")
    return answer


def _on_a_line(message: Any) -> str:
    """A message of UCloud's as errors and logs show it."""
    text = " ".join(str(message or "no reason given").split())
    return "".join(each for each in text if each.isprintable())[:500]


def _elapsed() -> float:
    """Seconds of a clock that nobody sets, and that goes on while the machine sleeps: not Linux' `time.monotonic`."""
    if sys.platform == "win32":
        return time.monotonic()  # goes on there
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _date(header: str | None) -> float | None:
    """An HTTP date in seconds since 1970; None where there is none, or no date."""
    try:
        return parsedate_to_datetime(header).timestamp() if header else None
    except (ValueError, OverflowError, OSError):
        return None


def _shown(params: Mapping[str, Any]) -> str:
    return " ".join(f"{key}={'***' if key in SECRET_PARAMETERS else value!r}" for key, value in sorted(params.items()))


def _never_sent(error: BaseException) -> bool:
    """Whether the connection was not even made."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    inner = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectionError) and isinstance(inner, NewConnectionError)


def _cause(error: BaseException) -> str:
    """An error's kind and, of a network error, its innermost reason; never its whole text, which holds the request."""
    reason = getattr(error, "args", ())[:1]
    inner = getattr(reason[0], "reason", None) if reason else None
    if isinstance(inner, NewConnectionError):
        return re.sub(r"\[Errno -?\d+\] ", "", str(inner).rpartition(": ")[2])
    return f"{type(error).__name__}: {type(inner).__name__}" if inner else type(error).__name__
