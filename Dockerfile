# docker build -t lgl --build-arg REVISION="$(git describe --always --dirty)" .
# docker run --rm -v lgl:/work lgl demo
# docker run --rm -v "$PWD:/work" --user "$(id -u):$(id -g)" lgl train --data pictures --out runs/first

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG REVISION=unknown
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-X main.revision=${REVISION}" -o /out/lgl ./cmd/lgl

FROM debian:bookworm-slim
# oneDNN, which computes; libjpeg-turbo, which decodes; Fashion-MNIST for lgl demo; certificates for lgl data fetch.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libdnnl2 libturbojpeg0 dataset-fashion-mnist ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 1000 --no-create-home --home-dir /work lgl \
 && install -d -o lgl -g lgl /work
COPY --from=build /out/lgl /usr/local/bin/lgl
# Runs and the cache, with the times of oneDNN's algorithms, are kept in the volume, whoever the user is.
ENV XDG_CACHE_HOME=/work/.cache
USER lgl
WORKDIR /work
VOLUME /work
ENTRYPOINT ["lgl"]
CMD ["--help"]
