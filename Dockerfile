FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN make build

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
 && useradd --system --home /data regulars && install -d -o regulars /data
COPY --from=build /src/regulars /usr/local/bin/regulars
USER regulars
VOLUME /data
ENV REGULARS_ADDR=0.0.0.0:8080 REGULARS_DATA=/data
EXPOSE 8080
ENTRYPOINT ["regulars"]
CMD ["serve"]
