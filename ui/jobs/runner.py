"""The runner: holds the lease of the home and lets APScheduler fire the jobs."""

from __future__ import annotations

import os
import socket
import threading
from typing import Any

from ui.desk import Desk
from ui.jobs import check, constants, work

LEASE = "runner"


class Runner:
    """Starts and stops the schedule of one home. Only the holder of the lease fires jobs; the others look on."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.holder = f"{socket.gethostname()}:{os.getpid()}"[-64:]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._scheduler: Any = None

    def start(self) -> None:
        """Begin to hold (or wait for) the lease; returns at once."""
        work.serve_with(self.desk)
        self._thread.start()

    def stop(self) -> None:
        """Stop firing, wait for the lease thread, give the lease back."""
        self._stop.set()
        self._thread.join(10)
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self.desk.store.jobs.release(LEASE, self.holder)

    def _keep(self) -> None:
        seconds = constants()["lease"]
        while True:
            mine = self.desk.store.jobs.lease(LEASE, self.holder, seconds)
            if mine and self._scheduler is None:
                self.desk.store.jobs.interrupt()
                self._scheduler = self._schedule()
            elif not mine and self._scheduler is not None:
                self._scheduler.shutdown(wait=False)
                self._scheduler = None
            if self._stop.wait(seconds / 3):
                return

    def _schedule(self) -> Any:
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
        from apscheduler.schedulers.background import BackgroundScheduler
        from apscheduler.triggers.cron import CronTrigger

        store = SQLAlchemyJobStore(engine=self.desk.store.engine, tablename="schedule")
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": 3600}
        scheduler = BackgroundScheduler(jobstores={"default": store}, executors={"default": ThreadPoolExecutor(3)}, job_defaults=defaults, timezone="Asia/Shanghai")
        scheduler.start(paused=True)
        known = {job.id: job for job in scheduler.get_jobs()}
        for name, job in constants()["job"].items():
            planned, arguments = CronTrigger(**job["cron"], timezone="Asia/Shanghai"), [str(self.desk.settings.home), name]
            if name not in known:
                scheduler.add_job("ui.jobs.work:run", planned, id=name, args=arguments)
                continue
            scheduler.modify_job(name, args=arguments)
            if str(known[name].trigger) != str(planned):  # the default schedule has changed since this home was made
                scheduler.reschedule_job(name, trigger=planned)
        scheduler.resume()
        return scheduler

    def jobs(self) -> list[dict[str, Any]]:
        """The schedule: name, next time, whether paused."""
        if self._scheduler is None:
            return []
        return [{"name": j.id, "next": j.next_run_time.isoformat(timespec="minutes") if j.next_run_time else "", "trigger": str(j.trigger)} for j in self._scheduler.get_jobs()]

    def pause(self, name: str, paused: bool) -> None:
        """Pause or resume one job."""
        if self._scheduler is not None:
            (self._scheduler.pause_job if paused else self._scheduler.resume_job)(check(name))

    def run_now(self, name: str, arguments: dict[str, Any], by: str) -> None:
        """Run one job in a thread of its own, outside the schedule."""
        home = str(self.desk.settings.home)
        threading.Thread(target=work.run, args=(home, check(name), arguments, by), name=f"job {name}", daemon=True).start()
