"""The shared queue: several workers take rows of one crawl from Redis, each row by one of them at a time.

scrapy-redis 0.9.1 was tried with Scrapy 2.19: it runs, but it takes a request out of Redis when it hands it out (a killed
worker loses it), pickles it, and knows no pause between the requests of one host over several workers. So this is the
smallest scheduler that keeps those promises:

    jw:ROOM:wait:HOST   sorted set   rows that wait, listings first
    jw:ROOM:hosts       sorted set   host → the time at which it may be asked next
    jw:ROOM:busy:HOST   number       requests in flight
    jw:ROOM:lease       sorted set   row handed out → the time at which its lease ends
    jw:ROOM:row         hash         row → its address in the frontier and its host
    jw:ROOM:held        hash         host → why nothing is asked of it any more
    jw:ROOM:pause, :most, :quiet, :robots   the pace of each host, hosts in quiet hours, robots.txt asked for once

The frontier in SQL stays the truth: Redis only says who asks next. A worker that dies leaves its leases; when they end,
the rows wait again. Every step is one Lua script, so it happens whole or not at all. Times are those of the Redis server.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from corpus.store.frontier import Frontier, Row
from crawlers.access.base import CHINA
from crawlers.desk import Limits, quiet
from crawlers.source import Declaration

LEASE = 30.0
"""Seconds after which the rows of a worker that is no more wait again; a living worker renews its leases."""

_NOW = "local t = redis.call('TIME'); local now = tonumber(t[1]) + tonumber(t[2]) / 1000000\n"
_ADD = (
    _NOW
    + """
local added = 0
for i = 1, #ARGV, 3 do
  local id, host, order = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if redis.call('HEXISTS', KEYS[1] .. ':row', id) == 0 and redis.call('HEXISTS', KEYS[1] .. ':held', host) == 0 then
    redis.call('HSET', KEYS[1] .. ':row', id, host)
    redis.call('ZADD', KEYS[1] .. ':wait:' .. host, order, id)
    redis.call('ZADD', KEYS[1] .. ':hosts', 'NX', 0, host)
    added = added + 1
  end
end
return added
"""
)
_TAKE = (
    _NOW
    + """
local late = redis.call('ZRANGEBYSCORE', KEYS[1] .. ':lease', '-inf', now, 'LIMIT', 0, 50)
for _, id in ipairs(late) do
  redis.call('ZREM', KEYS[1] .. ':lease', id)
  local host = redis.call('HGET', KEYS[1] .. ':row', id)
  if host then
    redis.call('ZADD', KEYS[1] .. ':wait:' .. host, 0, id)
    redis.call('DECR', KEYS[1] .. ':busy:' .. host)
  end
end
local hosts = redis.call('ZRANGEBYSCORE', KEYS[1] .. ':hosts', '-inf', now)
for _, host in ipairs(hosts) do
  local most = tonumber(redis.call('HGET', KEYS[1] .. ':most', host) or '1')
  local busy = tonumber(redis.call('GET', KEYS[1] .. ':busy:' .. host) or '0')
  local pause = tonumber(redis.call('HGET', KEYS[1] .. ':pause', host) or ARGV[2])
  if busy < most and redis.call('SISMEMBER', KEYS[1] .. ':quiet', host) == 0 then
    local popped = redis.call('ZPOPMIN', KEYS[1] .. ':wait:' .. host)
    if #popped > 0 then
      redis.call('ZADD', KEYS[1] .. ':lease', now + tonumber(ARGV[1]), popped[1])
      redis.call('INCR', KEYS[1] .. ':busy:' .. host)
      redis.call('ZADD', KEYS[1] .. ':hosts', now + pause, host)
      return {popped[1], host}
    end
  end
end
return false
"""
)
_DONE = (
    _NOW
    + """
if redis.call('ZREM', KEYS[1] .. ':lease', ARGV[1]) == 1 then
  redis.call('DECR', KEYS[1] .. ':busy:' .. ARGV[2])
end
redis.call('HDEL', KEYS[1] .. ':row', ARGV[1])
local pause = tonumber(redis.call('HGET', KEYS[1] .. ':pause', ARGV[2]) or ARGV[3])
redis.call('ZADD', KEYS[1] .. ':hosts', 'GT', now + pause, ARGV[2])
return 1
"""
)
_LEFT = """
local open = redis.call('ZCARD', KEYS[1] .. ':lease')
for _, host in ipairs(redis.call('ZRANGE', KEYS[1] .. ':hosts', 0, -1)) do
  if redis.call('SISMEMBER', KEYS[1] .. ':quiet', host) == 0 then
    open = open + redis.call('ZCARD', KEYS[1] .. ':wait:' .. host)
  end
end
return {open, redis.call('HLEN', KEYS[1] .. ':row')}
"""
_RENEW = (
    _NOW
    + """
for i = 2, #ARGV do redis.call('ZADD', KEYS[1] .. ':lease', 'XX', now + tonumber(ARGV[1]), ARGV[i]) end
return 1
"""
)
_HOLD = """
redis.call('HSET', KEYS[1] .. ':held', ARGV[1], ARGV[2])
local ids = redis.call('ZRANGE', KEYS[1] .. ':wait:' .. ARGV[1], 0, -1)
for _, id in ipairs(ids) do redis.call('HDEL', KEYS[1] .. ':row', id) end
redis.call('DEL', KEYS[1] .. ':wait:' .. ARGV[1])
return #ids
"""


def name_of(row: Row) -> str:
    """A row's name in Redis: its number in the frontier."""
    return str(row.n)


class Shared:
    """The shared queue as one worker sees it. `room` is one crawl; `lease` seconds that a row may take."""

    def __init__(self, url: str, room: str, frontier: Frontier, declared: Mapping[str, Declaration], limits: Limits, *, lease: float = LEASE, floor: float = 3.0) -> None:
        import redis

        self.server = redis.Redis.from_url(url, decode_responses=True, socket_timeout=20)
        self.prefix, self.frontier, self.declared, self.limits, self.lease, self.floor = f"jw:{room}", frontier, declared, limits, lease, floor
        self.scripts: dict[str, Any] = {name: self.server.register_script(text) for name, text in (("add", _ADD), ("take", _TAKE), ("done", _DONE), ("left", _LEFT), ("hold", _HOLD), ("renew", _RENEW))}
        self.flying: dict[int, Row] = {}
        self.held: dict[str, str] = {}
        self.asked, self.closed = 0.0, threading.Event()
        threading.Thread(target=self._renew, name="leases", daemon=True).start()

    def _renew(self) -> None:
        """Keep what this worker holds while it lives."""
        while not self.closed.wait(self.lease / 3):
            if held := [str(n) for n in list(self.flying)]:
                self._run("renew", self.lease, *held)

    def _run(self, script: str, *args: Any) -> Any:
        return self.scripts[script](keys=[self.prefix], args=list(args))

    def open(self, pauses: Mapping[str, tuple[float, int]]) -> int:
        """Tell Redis the pace of each host and what is queued in the frontier; returns how many rows are new to it."""
        for host, (pause, most) in pauses.items():
            self.server.hset(f"{self.prefix}:pause", host, str(pause))
            self.server.hset(f"{self.prefix}:most", host, str(most))
        added = 0
        for source_id in self.declared:
            added += self._add(self.frontier.take([source_id], self._cap(source_id)))
        return added

    def _cap(self, source_id: str) -> int:
        return self.limits.documents or self.declared[source_id].pace.documents

    def _add(self, rows: Iterable[Row]) -> int:
        args = [part for r in rows for part in (name_of(r), r.host, r.priority * 1e12 + r.n)]
        return sum(int(self._run("add", *args[i : i + 900])) for i in range(0, len(args), 900))

    # ---- the queue of the spider ---------------------------------------------------------------------------------

    def add(self, rows: Iterable[Row]) -> None:
        """Rows that this worker queued just now."""
        self._add(rows)

    def next(self) -> Row | None:
        """Lease the next row whose host may be asked; None when there is none now."""
        if self.limits.over() or time.monotonic() - self.asked < 0.02:
            return None
        self._mark_quiet()
        while (found := self._run("take", self.lease, self.floor)) is not None:
            row = self.frontier.queued(int(found[0]))
            if row is not None:
                self.flying[row.n] = row
                return row
            self._run("done", found[0], found[1], self.floor)  # settled by a worker that died before it could say so
        self.asked = time.monotonic()
        return None

    def _mark_quiet(self) -> None:
        hosts = {h: d.pace.quiet for d in self.declared.values() if d.pace.quiet for h in d.own_hosts()}
        for host, spans in hosts.items():
            (self.server.sadd if quiet(spans, datetime.now(CHINA)) else self.server.srem)(f"{self.prefix}:quiet", host)

    def done(self, row: Row) -> None:
        """Answered: it is given back when it is settled (see `settled`), its host is free when Redis hears of it."""

    def settled(self, rows: Iterable[Row]) -> None:
        """These rows are in the frontier now: their leases end."""
        for row in rows:
            self.flying.pop(row.n, None)
            self._run("done", name_of(row), row.host, self.floor)

    def hold(self, host: str, reason: str) -> None:
        """No worker asks this host again in this crawl."""
        self.held[host] = reason
        self._run("hold", host, reason)

    def slow_down(self, host: str, pause: float) -> None:
        """All workers keep at least this pause at a host."""
        known = float(self.server.hget(f"{self.prefix}:pause", host) or 0)
        if pause > known:
            self.server.hset(f"{self.prefix}:pause", host, str(pause))

    def pending(self) -> bool:
        """Whether any row of the crawl waits or is leased, here or at another worker."""
        if self.flying:
            return True
        self._mark_quiet()
        return bool(self._run("left")[0]) and not self.limits.over()

    # ---- robots.txt, asked for once by all -------------------------------------------------------------------------

    def robots(self, origin: str) -> tuple[int, bytes, str] | None:
        """What another worker was answered: (status, body, content type)."""
        found = self.server.hget(f"{self.prefix}:robots", origin)
        if found is None:
            return None
        status, content_type, body = json.loads(found)
        return int(status), base64.b64decode(body), str(content_type)

    def keep_robots(self, origin: str, status: int, body: bytes, content_type: str) -> None:
        """Tell the other workers."""
        self.server.hset(f"{self.prefix}:robots", origin, json.dumps([status, content_type, base64.b64encode(body).decode()]))

    def close(self) -> None:
        """Forget the connection; a crawl without rows leaves nothing in Redis."""
        self.closed.set()
        _, rows = self._run("left")
        if not rows:
            for key in self.server.scan_iter(f"{self.prefix}:*"):
                self.server.delete(key)
        self.server.close()
