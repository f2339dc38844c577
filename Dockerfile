# One image for every process of Muster: `web`, `worker`, `ticker`, `migrate`, `seed` …

# To build from exactly the images that you have checked, pass their digests:
#   docker build --build-arg NODE_IMAGE=node@sha256:… --build-arg PYTHON_IMAGE=python@sha256:… .
ARG NODE_IMAGE=node:24-bookworm-slim
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${NODE_IMAGE} AS assets
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY web/editor web/editor
RUN npm ci --ignore-scripts && npm run vendor

FROM ${PYTHON_IMAGE}
WORKDIR /app
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MUSTER_HOME=/var/lib/muster
COPY requirements.runtime.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.runtime.lock
COPY . .
COPY --from=assets /build/web/static/vendor web/static/vendor
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e . \
 && useradd --create-home --home-dir /var/lib/muster muster
USER muster
# A volume takes over the owner of the folder that it is mounted on.
RUN mkdir -m 700 /var/lib/muster/archive
EXPOSE 8700
ENTRYPOINT ["muster"]
CMD ["web"]
