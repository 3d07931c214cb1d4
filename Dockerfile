# The image of axd and ax, for amd64 and arm64: nothing in it is compiled, and every native part has its fallback.
FROM node:24-bookworm-slim AS build
WORKDIR /opt/hyrax
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY scripts scripts
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
COPY --from=build /opt/hyrax/package.json /opt/hyrax/package.json
COPY --from=build /opt/hyrax/node_modules /opt/hyrax/node_modules
COPY --from=build /opt/hyrax/bin /opt/hyrax/bin
COPY --from=build /opt/hyrax/dist /opt/hyrax/dist
RUN ln -s /opt/hyrax/bin/ax.cjs /usr/local/bin/ax && ln -s /opt/hyrax/bin/axd.cjs /usr/local/bin/axd \
    && install -d -o node -g node -m 0700 /var/lib/hyrax /var/lib/hyrax-swarm
USER node
ENV AX_DATA_DIR=/var/lib/hyrax
VOLUME /var/lib/hyrax
EXPOSE 4001 4458
HEALTHCHECK --interval=5s --timeout=5s --start-period=20s --retries=6 CMD ["ax", "status", "--quiet"]
ENTRYPOINT ["axd"]
