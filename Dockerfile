# One base for both stages; pin it by digest in production: --build-arg BASE=python:3.12-slim@sha256:…
ARG BASE=python:3.12-slim

# hadolint ignore=DL3006
FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/venv
COPY requirements-run.lock ./
RUN /opt/venv/bin/pip install --require-hashes -r requirements-run.lock
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY app app
COPY data data
COPY web web
# The build hook takes node from PyPI when the image has none; derived files (index, gazetteer) are built here, once.
RUN /opt/venv/bin/pip install --no-deps . \
 && ZONAGE_CACHE_DIR=/opt/zonage-cache /opt/venv/bin/zonage data prepare \
 && /opt/venv/bin/python -m compileall -q /opt/venv

# hadolint ignore=DL3006
FROM ${BASE}
RUN groupadd --gid 10001 zonage && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin zonage
COPY --from=build /opt/venv /opt/venv
COPY --from=build --chown=10001:10001 /opt/zonage-cache /opt/zonage-cache
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 ZONAGE_HOST=0.0.0.0 ZONAGE_CACHE_DIR=/opt/zonage-cache
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["zonage"]
CMD ["serve"]
