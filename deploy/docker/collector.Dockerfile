# The collector. Build it from the top of the source tree: docker build -f deploy/docker/collector.Dockerfile -t kedge-collector .
FROM node:20-bookworm-slim AS build
WORKDIR /opt/kedge
COPY . .
RUN npm ci && npm run build && npm prune --omit=dev

FROM node:20-bookworm-slim
WORKDIR /opt/kedge
COPY --from=build /opt/kedge /opt/kedge
USER node
ENTRYPOINT ["node", "/opt/kedge/apps/collector/dist/main.js"]
