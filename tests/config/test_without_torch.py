"""Everything but the inference runtime works on a machine that has no torch."""

import subprocess
import sys

SCRIPT = """
import sys
for missing in ("torch", "torchvision", "timm", "torchaudio", "torchtext", "keras", "keras_hub"):
    sys.modules[missing] = None  # importing it raises ImportError

import django
django.setup()
from django.core.management import call_command
from django.urls import get_resolver
from config.celery import app

get_resolver().url_patterns
app.loader.import_default_modules()  # every tasks.py, as a worker does
app.finalize()
call_command("check")
print(sorted(name for name in app.tasks if not name.startswith("celery.")))
"""


def test_site_and_tasks_load_without_torch() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60
    )

    assert answer.returncode == 0, answer.stderr
    assert "System check identified no issues" in answer.stdout
    assert "harvesters.tasks" in answer.stdout
    assert "inference.tasks.run_trial" in answer.stdout
