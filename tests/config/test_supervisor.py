"""The loop that keeps programs running, with small real programs."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from config.embedded import child as child_module
from config.embedded.child import Service
from config.embedded.environment import Refused
from config.embedded.orphans import end_orphans, remember
from config.embedded.supervisor import StopRequested, Supervisor


def shell(name: str, script: str, **how: object) -> Service:
    return Service(name, ["sh", "-c", script], os.environ, **how)  # type: ignore[arg-type]


def supervise(folder: Path, service: Service) -> None:
    """Keeps the service running until something raises."""
    with Supervisor(folder) as supervisor:
        supervisor.start(service)
        supervisor.wait_until(lambda: False, 20, "nothing happened")


def test_gives_up_on_what_crashes_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(child_module, "LONGEST_PAUSE", 0.05)

    with pytest.raises(Refused, match="broken ended with status 3, for the 5th time within 60 s"):
        supervise(tmp_path, shell("broken", "echo no such file; exit 3"))

    assert capsys.readouterr().out.count("broken   | no such file") == 5


def test_pauses_before_a_restart_grow(tmp_path: Path) -> None:
    child = child_module.Child(shell("any", "true"))

    assert [child.pause_before_restart() for _ in range(5)] == [0.5, 1, 2, 4, None]


def test_crashes_long_ago_are_forgotten() -> None:
    child = child_module.Child(shell("any", "true"))
    child.crashes.extend([time.monotonic() - 61] * 4)

    assert child.pause_before_restart() == 0.5


def test_what_a_crashed_program_started_goes_with_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = f"sleep 300 & echo $! > {pid_file}; kill -9 $$"

    with Supervisor(tmp_path) as supervisor:
        supervisor.run_to_end(shell("parent", script, once=True))
        supervisor.wait_until(lambda: not psutil.pid_exists(int(pid_file.read_text())), 5, "alive")


def test_what_ignores_the_stop_signal_is_killed(tmp_path: Path) -> None:
    started = time.monotonic()

    with Supervisor(tmp_path) as supervisor:
        stubborn = "trap '' TERM; echo deaf; while :; do sleep 1; done"
        supervisor.start(shell("deaf", stubborn, stop_seconds=0.5))
        process = supervisor.children["deaf"].process
        supervisor.wait_until(lambda: time.monotonic() - started > 0.3)

    assert process is not None
    assert process.returncode == -signal.SIGKILL
    assert time.monotonic() - started < 8


def test_databases_stop_after_what_uses_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def slow(name: str) -> Service:
        script = (
            f"trap 'sleep 0.2; echo {name} ends; exit' TERM; echo up; while :; do sleep 0.05; done"
        )
        return shell(name, script)

    with Supervisor(tmp_path) as supervisor:
        supervisor.start(slow("postgres"), slow("web"))
        supervisor.wait_until(lambda: capsys.readouterr().out.count("up") >= 1)
        end = time.monotonic() + 0.3
        supervisor.wait_until(lambda: time.monotonic() > end)

    said = capsys.readouterr().out
    assert said.index("web ends") < said.index("postgres ends")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_ask_for_an_orderly_stop(tmp_path: Path, number: signal.Signals) -> None:
    asked = shell("asked", f"kill -{int(number)} {os.getpid()}; sleep 300")

    with pytest.raises(StopRequested):
        supervise(tmp_path, asked)

    assert not (tmp_path / "children.json").read_text().count("asked")


def test_prints_lines_of_any_length_and_encoding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = (
        r"printf 'caf\351\n'; head -c 40000 /dev/zero | tr '\0' x; printf '\nno newline at the end'"
    )

    with Supervisor(tmp_path) as supervisor:
        supervisor.run_to_end(shell("odd", script, once=True))

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "odd      | caf�"
    assert sum(line.count("x") for line in lines) == 40000
    assert lines[-1] == "odd      | no newline at the end"


class ClosedPipe(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_stops_when_nobody_reads_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", ClosedPipe())

    with pytest.raises(StopRequested):
        supervise(tmp_path, shell("talker", "while :; do echo hello; sleep 0.05; done"))


def test_ends_what_an_earlier_run_left(tmp_path: Path) -> None:
    orphan = subprocess.Popen(["sleep", "300"], start_new_session=True)
    remember(tmp_path, [("old", orphan.pid, signal.SIGTERM)])

    assert end_orphans(tmp_path) == ["old"]
    assert orphan.wait(5) == -signal.SIGTERM
    assert end_orphans(tmp_path) == []


def test_ends_the_group_of_an_orphan_that_is_gone_itself(tmp_path: Path) -> None:
    script = "sleep 300 & echo $!; read line"
    leader = subprocess.Popen(
        ["sh", "-c", script],
        start_new_session=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert leader.stdin is not None
    assert leader.stdout is not None
    member = psutil.Process(int(leader.stdout.readline()))
    remember(tmp_path, [("old", leader.pid, signal.SIGTERM)])
    leader.stdin.write("go on\n")
    leader.stdin.close()
    leader.wait()

    assert end_orphans(tmp_path) == ["old"]
    assert not member.is_running() or member.status() == psutil.STATUS_ZOMBIE


def test_spares_a_later_process_with_the_same_number(tmp_path: Path) -> None:
    bystander = subprocess.Popen(["sleep", "300"], start_new_session=True)
    remember(tmp_path, [("old", bystander.pid, signal.SIGTERM)])
    file = tmp_path / "children.json"
    started = psutil.Process(bystander.pid).create_time()
    file.write_text(file.read_text().replace(str(started), str(started - 1000)))

    assert end_orphans(tmp_path) == []
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_a_damaged_list_of_children_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "children.json").write_text('{"booted": ')

    assert end_orphans(tmp_path) == []


def test_children_end_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path\n"
        "from config.embedded.child import Service\n"
        "from config.embedded.supervisor import Supervisor\n"
        "with Supervisor(Path(sys.argv[1])) as s:\n"
        "    s.start(Service('any', ['sleep', '300'], os.environ))\n"
        "    print(s.children['any'].process.pid, flush=True)\n"
        "    s.wait_until(lambda: False)\n"
    )
    supervisor = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout is not None
    child = psutil.Process(int(supervisor.stdout.readline()))
    supervisor.kill()
    supervisor.communicate()

    gone, alive = psutil.wait_procs([child], timeout=5)
    assert gone == [child]
    assert alive == []
