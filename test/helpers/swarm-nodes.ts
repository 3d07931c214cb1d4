import { createGate, type Gate, type GateFacts } from '../../src/access/index.ts'
import { silentLog, type Clock, type Log } from '../../src/base/index.ts'
import {
  generateIdentity,
  generateSwarmKey,
  openKeys,
  systemRandom,
  type Identity,
  type Keys,
} from '../../src/keys/index.ts'
import { createSwarm, type Swarm, type SwarmOptions, type SwarmParts } from '../../src/swarm/index.ts'

/** A node of the swarm in this process, on real loopback sockets. */
export interface SwarmNode {
  readonly swarm: Swarm
  readonly gate: Gate
  readonly identity: Identity
  readonly peer: string
  /** Dialable, with `/p2p`. */
  address(): string
  /** Dialable, without. */
  bareAddress(): string
}

export interface NodeOptions extends Partial<SwarmOptions> {
  readonly gate?: Partial<GateFacts>
  readonly swarmKeys?: readonly Uint8Array[]
  readonly name?: string
  readonly log?: Log
  readonly identity?: Identity
  readonly keys?: Keys
  readonly binding?: () => Uint8Array | null
  readonly listsDigests?: SwarmParts['listsDigests']
}

export const realClock: Clock = { now: () => Date.now() }
export const isFull = process.env['HYRAX_FULL'] === '1'

/** Starts nodes and stops them all again. */
export async function createSwarmCast() {
  const keys = await openKeys()
  const swarmKey = generateSwarmKey(systemRandom)
  const running: Swarm[] = []
  return {
    keys,
    swarmKey,
    async node(options: NodeOptions = {}): Promise<SwarmNode> {
      const { gate: facts, swarmKeys = [swarmKey], name = 'node', log = silentLog, ...rest } = options
      const gate = createGate(facts)
      const identity = rest.identity ?? generateIdentity(systemRandom)
      const swarm = await createSwarm(
        {
          identity,
          keys: rest.keys ?? keys,
          swarmKeys,
          gate,
          clock: realClock,
          random: systemRandom,
          log,
          name,
          agent: 'hyrax/test',
          ...(rest.binding === undefined ? {} : { binding: rest.binding }),
          ...(rest.listsDigests === undefined ? {} : { listsDigests: rest.listsDigests }),
        },
        { listen: ['/ip4/127.0.0.1/tcp/0'], ...rest },
      )
      running.push(swarm)
      await swarm.start()
      const address = (): string => swarm.addresses()[0] ?? ''
      return {
        swarm,
        gate,
        identity,
        peer: identity.peer,
        address,
        bareAddress: () => address().replace(/\/p2p\/.*$/, ''),
      }
    },
    async stopAll(): Promise<void> {
      await Promise.all(running.splice(0).map((swarm) => swarm.stop()))
    },
  }
}

export type SwarmCast = Awaited<ReturnType<typeof createSwarmCast>>
export type { Keys }

/** Waits until it holds; fails with the text after `ms`. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string, ms = 10_000): Promise<void> {
  const end = Date.now() + ms
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`never came: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** The codes of peers that are welcomed, as seen by a node. */
export function welcomedPeers(node: SwarmNode): string[] {
  return node.swarm
    .peers()
    .filter(({ state }) => state === 'welcomed')
    .map(({ peer }) => peer)
    .sort()
}

/** The code that something fails with, or `ok`. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'ok'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}
