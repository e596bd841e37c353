# Builds the image as Airbyte builds its Python connectors: two stages on Airbyte's base image, a
# non-root user, and the console script as entry point. Airbyte's own builds do not use this file.
#     docker build --tag airbyte/source-segment:dev .

# Must be the same as connectorBuildOptions.baseImage in metadata.yaml.
ARG BASE_IMAGE=docker.io/airbyte/python-connector-base:4.1.1@sha256:a268b44c733ae699a60f5fbc06a324945dba98945c6e2ab7f8609f2f895b0d28

FROM ${BASE_IMAGE} AS builder
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build

# A virtual environment separates the connector from the packages of the base image. The lock file
# includes what builds the wheel.
COPY requirements-image.lock ./
RUN python -m venv /opt/source-segment \
    && /opt/source-segment/bin/pip install --no-deps --require-hashes --only-binary :all: \
        --requirement requirements-image.lock

COPY pyproject.toml README.md LICENSE manifest.yaml ./
COPY source_segment source_segment
RUN /opt/source-segment/bin/pip install --no-deps --no-build-isolation . \
    && /opt/source-segment/bin/pip uninstall --yes hatchling pip

FROM ${BASE_IMAGE}
WORKDIR /airbyte/integration_code
COPY --from=builder /opt/source-segment /opt/source-segment
USER airbyte
ENV AIRBYTE_ENTRYPOINT=/opt/source-segment/bin/source-segment
ENTRYPOINT ["/opt/source-segment/bin/source-segment"]
