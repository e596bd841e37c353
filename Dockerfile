# Builds the image as Airbyte builds its Python connectors: two stages on Airbyte's base image, a
# non-root user, and the console script as entry point. Airbyte's own builds do not use this file.
#     docker build --tag airbyte/source-segment:dev .

# Must be the same as connectorBuildOptions.baseImage in metadata.yaml.
ARG BASE_IMAGE=docker.io/airbyte/python-connector-base:4.1.1@sha256:a268b44c733ae699a60f5fbc06a324945dba98945c6e2ab7f8609f2f895b0d28

FROM ${BASE_IMAGE} AS builder
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build

# A virtual environment separates the connector from the packages of the base image.
COPY requirements-build.lock requirements-runtime.lock ./
RUN python -m venv tools \
    && tools/bin/pip install --require-hashes --only-binary :all: --requirement requirements-build.lock \
    && python -m venv --without-pip /opt/source-segment \
    && tools/bin/pip --python /opt/source-segment/bin/python install --no-deps \
        --require-hashes --only-binary :all: --requirement requirements-runtime.lock

COPY pyproject.toml README.md LICENSE manifest.yaml ./
COPY source_segment source_segment
RUN tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && tools/bin/pip --python /opt/source-segment/bin/python install --no-deps dist/*.whl

FROM ${BASE_IMAGE}
WORKDIR /airbyte/integration_code
COPY --from=builder /opt/source-segment /opt/source-segment
USER airbyte
ENV AIRBYTE_ENTRYPOINT=/opt/source-segment/bin/source-segment
ENTRYPOINT ["/opt/source-segment/bin/source-segment"]
