# syntax=docker/dockerfile:1
FROM python:3.12-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
WORKDIR /build
COPY requirements-uv.lock requirements-image.lock ./
RUN python -m venv /venv \
    && pip install --require-hashes -r requirements-uv.lock \
    && uv pip install --python /venv/bin/python --require-hashes -r requirements-image.lock

FROM python:3.12-slim-bookworm

# Pango draws the PDF letters; no wheel carries it.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home otc

ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=otc.settings \
    OTC_DATA_DIR=/app/var
COPY --from=build /venv /venv
WORKDIR /app
COPY . .
# The keys of this one command sign nothing and stay out of the image.
RUN python -m otc.catalogues compile \
    && OTC_SECRET_KEY=build OTC_CONTEXT_KEY=build python manage.py collectstatic --no-input --verbosity 0 \
    && mkdir -p var/files \
    && chown -R otc var

USER 10001
EXPOSE 8000
ENTRYPOINT ["/app/deploy/entrypoint"]
CMD ["granian", "otc.wsgi:application", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--no-ws", "--respawn-failed-workers"]
