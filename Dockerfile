# syntax=docker/dockerfile:1
FROM python:3.13-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY storage ./storage
COPY content ./content
COPY locales ./locales
RUN pip install --no-deps --no-build-isolation --editable . \
    && tabayyan check \
    && TABAYYAN_DATA_DIR=/tmp/warm tabayyan ask --json warm >/dev/null \
    && python -m compileall -q bot storage

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin tabayyan \
    && install -d -o tabayyan -g tabayyan -m 0700 /data
COPY --from=build /venv /venv
COPY --from=build /app /app
# What was learnt at build time: a new volume begins with it, so that the first start is as quick as the next.
COPY --from=build --chown=tabayyan:tabayyan /tmp/warm/cache /data/cache
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    TABAYYAN_HOST=0.0.0.0 TABAYYAN_PORT=8000 TABAYYAN_DATA_DIR=/data
USER 10001
VOLUME /data
EXPOSE 8000
# Unhealthy also while Telegram is out of reach: Docker starts nothing anew for that, but shows it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["tabayyan"]
# Docker's restart rules know no exit codes: a wrong setting is said once, and the container then stands still.
CMD ["run", "--stay"]
