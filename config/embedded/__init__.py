"""What `script/server` and `script/test` run on a bare machine: Postgres, Valkey and a supervisor.

Nothing of the site imports this package. `install.py` runs before anything is installed and uses the
standard library only; the other modules run inside the virtual environment.
"""
