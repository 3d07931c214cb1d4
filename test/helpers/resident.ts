import { toHex } from '../../src/codec/index.ts'
import { memoryStore, openStore, type Store } from '../../src/store/index.ts'
import { Replica, type Command, type CommandStore, type GraphNode, type ReplicaEvent } from '../../src/team/index.ts'

/** So short that a small team has many. */
export const checkpointInterval = 4

/** A replica that runs against a store, as a node runs it, and may be started again at any moment. */
export class Resident {
  readonly team: Uint8Array
  /** What is on its disk, where that is one in memory. */
  readonly entries: Map<string, Uint8Array>
  store: CommandStore
  replica: Replica
  readonly #open: () => Promise<Store>
  #disk: Store | undefined
  #now = 1

  private constructor(team: Uint8Array, disk: Map<string, Uint8Array> | string) {
    this.team = team
    this.entries = typeof disk === 'string' ? new Map<string, Uint8Array>() : disk
    this.#open = () => (typeof disk === 'string' ? openStore(disk) : Promise.resolve(memoryStore(disk)))
    this.store = memoryStore().team(team)
    this.replica = this.#make([])
  }

  /** On a disk in memory, or in a directory. */
  static async start(team: Uint8Array, disk: Map<string, Uint8Array> | string = new Map()): Promise<Resident> {
    const resident = new Resident(team, disk)
    await resident.restart()
    return resident
  }

  async stop(): Promise<void> {
    await this.#disk?.close()
  }

  async restart(): Promise<void> {
    await this.stop()
    this.#disk = await this.#open()
    this.store = this.#disk.team(this.team)
    const { commands, index, damaged } = await this.store.load()
    this.replica = this.#make(commands, index)
    const dropped = [...damaged, ...this.replica.dropped]
    if (dropped.length > 0) await this.store.drop(dropped)
    if (!this.replica.isRestored) await this.store.reindex(this.replica.index())
    await this.step({ kind: 'tick' })
  }

  /** As if they had come from a peer whose signatures all hold. */
  take(commands: readonly Command[]): Promise<void> {
    return this.step({ kind: 'revive', commands: commands.map(({ bytes }) => bytes) })
  }

  async step(event: Record<string, unknown> & { kind: ReplicaEvent['kind'] }): Promise<void> {
    for (const effect of this.replica.step({ ...event, now: this.#now++ } as ReplicaEvent)) {
      if (effect.kind === 'verify')
        await this.step({ kind: 'verified', token: effect.token, verdicts: effect.checks.map(() => true) })
      if (effect.kind === 'checkpoint') await this.store.keepCheckpoint(effect.checkpoint, effect.gone)
      if (effect.kind !== 'append') continue
      await this.store.append(effect.records, effect.page)
      await this.step({ kind: 'stored', count: this.replica.graph.size })
    }
  }

  /** Keys of a key space of this team. */
  keys(space: string): string[] {
    return [...this.entries.keys()].filter((key) => key.startsWith(`t/${toHex(this.team)}/${space}/`)).sort()
  }

  #make(...kept: [ConstructorParameters<typeof Replica>[1], ConstructorParameters<typeof Replica>[2]?]): Replica {
    const [signingKey, device] = [new Uint8Array(32), new Uint8Array(32)]
    const random = { bytes: (size: number) => new Uint8Array(size) }
    const parts = { team: this.team, device, signingKey, sign: () => new Uint8Array(64), random, checkpointInterval }
    return new Replica(parts, ...kept)
  }
}

/** All that may not differ between two replicas that took in the same commands in the same order. */
export function sightOf({ replica }: Resident) {
  const { graph, state } = replica
  const told = (node: GraphNode): string => {
    const standing = replica.standing(node)
    return standing === 'effective' ? standing : `${standing.verdict} ${standing.code}`
  }
  return {
    hash: toHex(replica.stateHash()),
    // With what the hash leaves out: which command wrote which fact.
    state,
    heads: graph.heads().map(({ command }) => command.idHex),
    frontier: graph.frontier(),
    nodes: graph.nodes.map((node) => ({
      ...{ id: node.command.idHex, standing: told(node), origin: node.origin, act: node.act },
      ...{ parents: node.parents.map(({ index }) => index), sequence: node.command.sequence },
    })),
  }
}
