# SPDX-License-Identifier: Apache-2.0
# The image of app-server, built by `make images`. Up to the last stage it is Dockerfile.proxy, line for line, so that
# whoever builds both compiles once.
#
# The executable is linked fully statically, the C library too, and stands alone in an image without anything else: no
# shell, no libraries, no package manager, so nothing in it needs updates but itself. To look into a running container
# use `kubectl debug`, or build on a base that has a shell: RUNTIME_IMAGE=docker.io/library/debian:bookworm-slim.
ARG SWIFT_IMAGE=docker.io/library/swift:6.3-bookworm
ARG RUNTIME_IMAGE=scratch

FROM ${SWIFT_IMAGE} AS build
# libc6-dev is part of the base; named here its newest security update is what gets linked.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libc6-dev libcrypt-dev libev-dev libyaml-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# Dependencies change seldom: a layer of their own.
COPY Package.swift ./
RUN swift package resolve
COPY Sources Sources
# SwiftPM wants the folders of all targets that Package.swift names.
COPY Tests Tests
# -static-pie: one file that needs nothing, and addresses are randomised as usual. Only lld links that, and the C
# library refuses to start it with a run path, which --disable-local-rpath leaves away. The last three make it half as
# large: no symbols, no table of exported ones, relocations in a bit map.
RUN swift build --configuration release --static-swift-stdlib --disable-local-rpath \
        -Xswiftc -enforce-exclusivity=unchecked \
        -Xswiftc -use-ld=lld -Xswiftc -Xclang-linker -Xswiftc -static-pie \
        -Xlinker --strip-all -Xlinker --no-export-dynamic -Xlinker --pack-dyn-relocs=relr \
    && install -D --target-directory=/image .build/release/app-server .build/release/proxy-server

FROM ${RUNTIME_IMAGE}
COPY --from=build /image/app-server /usr/local/bin/
USER 65532:65532
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["/usr/local/bin/app-server", "probe", "http://127.0.0.1:8000/livez"]
ENTRYPOINT ["/usr/local/bin/app-server"]
# Last, since they change with every commit.
ARG VERSION=dev
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="app-server" \
    org.opencontainers.image.description="A server to put behind a proxy: answers, and fails on request" \
    org.opencontainers.image.source="${SOURCE}" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}" \
    org.opencontainers.image.licenses="Apache-2.0"
