# syntax=docker/dockerfile:1

# Builds the web pages, which the binary carries inside.
FROM node:22-bookworm-slim AS web
WORKDIR /src/web
COPY web .
RUN npm ci --no-audit --no-fund && npm run build

# Builds the binary. Dependencies are a layer of their own: it changes with the manifests only.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock ./
COPY migrations/Cargo.toml migrations/Cargo.toml
COPY crates/admin-api/Cargo.toml crates/admin-api/Cargo.toml
COPY crates/api-kit/Cargo.toml crates/api-kit/Cargo.toml
COPY crates/auth-api/Cargo.toml crates/auth-api/Cargo.toml
COPY crates/auth-core/Cargo.toml crates/auth-core/Cargo.toml
COPY crates/scim-api/Cargo.toml crates/scim-api/Cargo.toml
COPY crates/scim-conformance/Cargo.toml crates/scim-conformance/Cargo.toml
COPY crates/scim-protocol/Cargo.toml crates/scim-protocol/Cargo.toml
COPY crates/server/Cargo.toml crates/server/Cargo.toml
RUN mkdir -p migrations/src crates/server/src \
    && for crate in migrations crates/*; do mkdir -p "$crate/src" && touch "$crate/src/lib.rs"; done \
    && echo 'fn main() {}' > crates/server/src/main.rs \
    && cargo build --release --locked --package server --bin portico
COPY migrations migrations
COPY crates crates
COPY --from=web /src/web/dist web/dist
RUN find migrations crates -name '*.rs' -exec touch {} + \
    && cargo build --release --locked --package server --bin portico

# Runs it: no shell is needed, no root, one folder that may be written to.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/portico --create-home portico
COPY --from=build /src/target/release/portico /usr/local/bin/portico
USER 10001
WORKDIR /var/lib/portico
VOLUME /var/lib/portico
ENV PORTICO__SERVER__LISTEN=0.0.0.0:3000
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["portico", "health"]
ENTRYPOINT ["portico"]
CMD ["serve"]
