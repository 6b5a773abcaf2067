# One image for every role: web, workers, beat, migrate. No engine-specific syntax: builds with
# docker build and with buildah bud.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE} AS builder
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
# googleapiclient ships a 100 MB cache of API descriptions that nothing here reads.
RUN /opt/venv/bin/pip install --only-binary :all: --require-hashes -r /tmp/requirements.txt \
    && rm -rf /opt/venv/lib/python3*/site-packages/googleapiclient/discovery_cache/documents

# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE} AS base
# Debian's own security updates matter more here than a pinned patch level of an init.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/*
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/tmp/league
WORKDIR /app
ENTRYPOINT ["/usr/bin/tini", "--"]

# The test suite, its PostgreSQL and Redis included: make docker-test
FROM base AS test
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends make postgresql procps redis-server \
    && rm -rf /var/lib/apt/lists/*
COPY --from=builder /opt/venv /opt/venv
COPY requirements-dev.txt ./
RUN pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements-dev.txt
COPY . .
RUN chown -R 10001:10001 /app
USER 10001:10001
CMD ["python", "-m", "pytest", "-n", "2"]

FROM base AS runtime
COPY --from=builder /opt/venv /opt/venv
COPY manage.py ./
COPY config config
COPY leaderboard leaderboard
COPY predictions predictions
COPY league league
COPY markets markets
COPY chain chain
RUN python -m compileall -q . \
    && python manage.py collectstatic --noinput \
    && rm -rf /tmp/league
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
CMD ["gunicorn", "config.wsgi:application", "--config", "python:config.web_server", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "4", "--timeout", "30", "--graceful-timeout", "20", \
     "--keep-alive", "15", "--no-control-socket", "--worker-tmp-dir", "/dev/shm"]
