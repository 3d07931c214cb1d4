import { isoTime, type Handlers, type NodeParts } from '../parts.ts'

/** `ax sync …`. */
export function syncHandlers(parts: NodeParts): Handlers<'sync.add' | 'sync.remove' | 'sync.now' | 'sync.ls'> {
  const { teams } = parts
  return {
    'sync.add': async ({ team, address, rateSeconds }) => ({
      ...(await teams.syncPeers.add(address, team, rateSeconds)),
      address,
    }),
    'sync.remove': async ({ team, address }) => ({ ...(await teams.syncPeers.remove(address, team)), address }),
    'sync.now': ({ team }) => teams.syncNow(team),
    'sync.ls': ({ team }) => ({
      team: teams.view(team).id,
      peers: teams.syncPeers.list(team).map(({ address, rateSeconds, connected, lastAt, problem }) => ({
        address,
        rateSeconds,
        connected,
        lastAt: lastAt === undefined ? null : isoTime(lastAt),
        problem: problem ?? null,
      })),
    }),
  }
}
