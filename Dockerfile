# The three programs on Debian 12, as a user without rights. See docs/operations.md, "Container".
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
WORKDIR /src
COPY deploy/debian-packages.txt deploy/install-packages.sh deploy/
RUN deploy/install-packages.sh build
COPY . .
# What `roomkeeperd --version` and GetServerInfo name: .git is not in the image. Empty: 0.0.0-dev, unknown.
ARG VERSION=
ARG COMMIT=
RUN cmake --preset release -DRK_TESTS=OFF -DRK_VERSION=${VERSION} -DRK_COMMIT=${COMMIT} \
  && cmake --build --preset release --target roomkeeperd roomctl databricks-sim \
  && strip build/bin/roomkeeperd build/bin/roomctl build/bin/databricks-sim \
  && deploy/sbom.py build/bin/roomkeeperd build/bin/roomctl build/bin/databricks-sim \
    --version-file build/version.txt --output build/bin/roomkeeper.spdx.json

FROM ${BASE}
COPY deploy/debian-packages.txt deploy/install-packages.sh /tmp/deploy/
RUN /tmp/deploy/install-packages.sh run && rm -rf /tmp/deploy /var/lib/apt/lists/* \
  && install -d -o 65532 -g 65532 -m 0700 /var/lib/roomkeeper
COPY --from=build /src/build/bin/roomkeeperd /src/build/bin/roomctl /src/build/bin/databricks-sim \
  /usr/local/bin/
COPY --from=build /src/build/bin/roomkeeper.spdx.json /usr/share/roomkeeper/
COPY deploy/packages /usr/share/roomkeeper/packages
COPY deploy/config /usr/share/roomkeeper/config
USER 65532:65532
WORKDIR /var/lib/roomkeeper
VOLUME /var/lib/roomkeeper
EXPOSE 7420 7421
ENTRYPOINT ["/usr/local/bin/roomkeeperd"]
CMD ["--config", "/etc/roomkeeper/roomkeeperd.yaml"]
