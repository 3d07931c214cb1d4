import { limits } from '../../src/base/index.ts'
import { systemRandom } from '../../src/keys/index.ts'
import type { OwnKeys } from '../../src/node/own-keys.ts'
import { createTeams, type Teams } from '../../src/node/effects/team.ts'
import { memoryStore, type Store } from '../../src/store/index.ts'
import { syncProtocol } from '../../src/team/index.ts'
import { silentLog } from '../../src/base/index.ts'
import { memoryOwnKeys } from './key-ring.ts'
import { createSwarmCast, realClock, type NodeOptions, type SwarmNode } from './swarm-nodes.ts'

/** A node with teams, on real loopback sockets. */
export interface TeamNode extends SwarmNode {
  readonly teams: Teams
  readonly own: OwnKeys
  /** Epoch boxes as its disk has them. */
  boxes(hash: Uint8Array): Promise<Uint8Array>
  /** Peers that teams asked to cut. */
  readonly cuts: string[]
  stop(): Promise<void>
}

export interface TeamNodeOptions extends NodeOptions {
  readonly store?: Store
  readonly own?: OwnKeys
  /** False: nobody watches what becomes of commands. */
  readonly isWatched?: boolean
  readonly onTeamEvent?: (topic: 'team', event: string, data: Record<string, unknown>) => void
}

export async function createTeamCast() {
  const cast = await createSwarmCast()
  const all: Teams[] = []
  return {
    ...cast,
    /** A node of the swarm without teams. */
    plain: (options: NodeOptions) => cast.node(options),
    async node(options: TeamNodeOptions = {}): Promise<TeamNode> {
      const { store = memoryStore(), own = memoryOwnKeys(options.identity), ...rest } = options
      const { identity } = own
      const cuts: string[] = []
      const late: { node?: SwarmNode } = {}
      const teams = await createTeams({
        keys: cast.keys,
        own,
        store,
        clock: realClock,
        random: systemRandom,
        log: silentLog,
        events: { emit: options.onTeamEvent ?? (() => undefined), isWatched: () => options.isWatched ?? true },
        cut: (peers) => {
          const start = performance.now()
          for (const peer of peers)
            for (const connection of late.node?.swarm.host.connections(peer) ?? [])
              connection.abort('ERR_TEAM_NOT_MEMBER')
          cuts.push(...peers)
          return { peers, ms: performance.now() - start }
        },
      })
      all.push(teams)
      const node = await cast.node({ ...rest, identity, binding: () => teams.binding() })
      late.node = node
      node.swarm.onWelcome((peer) => {
        teams.peerWelcomed(peer.peer, peer.binding)
      })
      node.swarm.onGone((peer) => {
        teams.peerGone(peer)
      })
      await node.swarm.handle(syncProtocol, (stream) => teams.acceptSync(stream), {
        maxStreams: limits.syncStreamsMax,
        frameBytesMax: limits.syncFrameBytesMax,
      })
      teams.attach(node.swarm)
      const stop = async (): Promise<void> => {
        teams.stop()
        await node.swarm.stop()
      }
      const boxes = async (hash: Uint8Array): Promise<Uint8Array> =>
        (await store.team(teams.replica().state.team).boxes(hash)) ?? new Uint8Array()
      return { ...node, teams, own, boxes, cuts, stop }
    },
    async stopAll(): Promise<void> {
      for (const teams of all.splice(0)) teams.stop()
      await cast.stopAll()
    },
  }
}

export type TeamCast = Awaited<ReturnType<typeof createTeamCast>>
