"""What `script/server` and `script/test` run on a bare machine: Postgres, Valkey and a supervisor.

Only `config/celery.py` borrows from it. `install.py` runs before anything is installed and uses the
standard library only; the other modules run inside the virtual environment.
"""
