"""What `config/celery.py` adds to Celery: children that end with their worker, one place for logging."""

import subprocess
import sys

import psutil

POOL = """
import os, time
from celery.signals import worker_process_init
import config.celery

child = os.fork()
if child:
    os.waitpid(child, 0)
worker_process_init.send(sender=None)  # as Celery does in each child of its pool
print(os.getpid(), flush=True)
time.sleep(300)
"""


def test_a_child_in_the_middle_of_a_task_ends_with_its_worker() -> None:
    worker = subprocess.Popen([sys.executable, "-c", POOL], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    child = psutil.Process(int(worker.stdout.readline()))
    worker.kill()
    worker.wait()

    _, alive = psutil.wait_procs([child], timeout=10)
    for process in alive:
        process.kill()
    assert alive == []


def test_workers_log_as_the_settings_say() -> None:
    script = (
        "import logging, django; django.setup()\n"
        "from config.celery import app\n"
        "app.log.setup(loglevel='ERROR')\n"
        "logging.getLogger('harvesters.engine').info('timm: page 1')\n"
        "logging.getLogger('celery.worker.strategy').info('Task received')\n"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert answer.stderr.splitlines() == ["INFO harvesters.engine: timm: page 1"]
