# Millrace in one image: the built server and studio, and the packages it needs at run time.
FROM node:22-bookworm-slim AS build
WORKDIR /app
# For the SQLite driver, where no ready-made binary can be downloaded.
RUN apt-get update && apt-get install -y --no-install-recommends python3 make g++ && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:22-bookworm-slim
ENV NODE_ENV=production \
    MILLRACE_HOST=0.0.0.0 \
    MILLRACE_PORT=3400 \
    MILLRACE_DATA=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/server/millrace.mjs /app/server/build-stamp.mjs ./server/
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3400
# A flow drains before the process ends; give it time.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.MILLRACE_PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "server/millrace.mjs", "start"]
