# One image for every process of Muster: `web`, `worker`, `ticker`, `migrate`, `seed` …

FROM node:24-bookworm-slim AS assets
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY web/editor web/editor
RUN npm ci --ignore-scripts && npm run vendor

FROM python:3.11-slim-bookworm
WORKDIR /app
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MUSTER_HOME=/var/lib/muster
COPY pyproject.toml requirements.lock ./
RUN awk '/^uv==/ {found=1} found; found && !/\\$/ {exit}' requirements.lock > /tmp/uv.txt \
 && pip install --no-cache-dir --require-hashes -r /tmp/uv.txt \
 && uv pip install --system --no-cache --constraint requirements.lock -r pyproject.toml setuptools
COPY . .
COPY --from=assets /build/web/static/vendor web/static/vendor
RUN uv pip install --system --no-cache --no-deps --no-build-isolation -e . \
 && useradd --create-home --home-dir /var/lib/muster muster
USER muster
# A volume takes over the owner of the folder that it is mounted on.
RUN mkdir -m 700 /var/lib/muster/archive
EXPOSE 8700
ENTRYPOINT ["muster"]
CMD ["web"]
